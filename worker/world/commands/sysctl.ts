// sysctl: parameters of the kernel, read and set by way of /proc/sys.

import { FileError } from '../files/error.ts';
import type { System } from '../process/system.ts';
import { isBusybox, nameOf, once, options } from './tool.ts';

const ROOT = '/proc/sys';
const pathOf = (name: string): string => `${ROOT}/${/^[^./]*\//.test(name) ? name : name.replaceAll('.', '/')}`;

export const sysctl = once('sysctl', (system) => {
  const given = options(system, 'aAneNqw', ['all', 'values', 'names', 'write', 'ignore', 'quiet'], {
    aliases: { A: 'a', all: 'a', values: 'n', names: 'N', write: 'w', ignore: 'e', quiet: 'q' },
  });
  const names = given.has('a') ? all(system, ROOT) : given.rest;
  let status = 0;
  for (const one of names) {
    const equals = one.indexOf('=');
    const name = (equals < 0 ? one : one.slice(0, equals)).replaceAll('/', '.');
    try {
      if (equals >= 0) system.files.write(pathOf(name), one.slice(equals + 1));
      else if (system.files.stat(pathOf(name)).type === 'dir') continue;
      if (equals >= 0 && given.has('q')) continue;
      const value = equals < 0 ? system.files.read(pathOf(name)).trimEnd() : one.slice(equals + 1);
      system.out(given.has('N') ? `${name}\n` : given.has('n') ? `${value}\n` : `${name} = ${value}\n`);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (given.has('e') && error.code === 'ENOENT') continue;
      system.err(`${nameOf(system)}: ${complaint(system, name, error)}\n`);
      status = 1;
    }
  }
  return status;
});

function complaint(system: System, name: string, { code, message }: FileError): string {
  if (isBusybox(system)) return code === 'ENOENT' ? `error: '${name}' is an unknown key` : `error setting key '${name}': ${message}`;
  return code === 'ENOENT' ? `cannot stat ${pathOf(name)}: ${message}` : `setting key "${name}": ${message}`;
}

/** The names of all that is there. */
const all = (system: System, dir: string): string[] =>
  system.files
    .list(dir)
    .map((name) => `${dir}/${name}`)
    .flatMap((path) => (system.files.find(path)?.type === 'dir' ? all(system, path) : [path.slice(ROOT.length + 1).replaceAll('/', '.')]));
