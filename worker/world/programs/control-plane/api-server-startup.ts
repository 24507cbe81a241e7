// What kube-apiserver does with files when it begins, and how Go says what was in the way.

import { FileError } from '../../files/error.ts';
import type { ServiceContext } from '../../process/program.ts';
import type { ApiServerStartup } from '../../world.ts';
import { klogLine } from './klog.ts';

export const startupOf = ({ files, log, now }: ServiceContext): ApiServerStartup => ({
  read: (path) => {
    const found = files.look(path);
    if (found === 'EISDIR' || (typeof found !== 'string' && found.type === 'dir')) return { problem: `read ${path}: is a directory` };
    if (typeof found !== 'string') return { text: found.content ?? '' };
    return { problem: `open ${path}: ${goWords(new FileError(found, path))}` };
  },
  ensure: (path) => {
    let doing = '';
    try {
      const parts = path.split('/').slice(1, -1);
      for (const i of parts.keys()) {
        const directory = `/${parts.slice(0, i + 1).join('/')}`;
        doing = `mkdir ${directory}`;
        if (!files.exists(directory)) files.mkdir(directory, 0o700);
      }
      doing = `open ${path}`;
      // What can be opened to be written to can be written to.
      if (files.exists(path)) files.append(path, '');
      else files.write(path, '', 0o600);
      return undefined;
    } catch (error) {
      if (error instanceof FileError) return `${doing}: ${goWords(error)}`;
      throw error;
    }
  },
  warn: (place, message) => log('stderr', klogLine(now(), 'W', place, message)),
});

const goWords = ({ message }: FileError): string => message[0]!.toLowerCase() + message.slice(1);
