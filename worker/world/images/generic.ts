// Images that nobody has described: they run one long process that does nothing, and stops when asked. Most exercises need no more of most images.

import { fnv1a32 } from '../../lib/hash.ts';
import { baseFiles } from '../files/base.ts';
import { lazily } from './image.ts';
import type { Image } from './image.ts';
import { repositoryName } from './reference.ts';
import type { Reference } from './reference.ts';

const MB = 1_000_000;
const known = new Map<string, Image>();

export function genericImage(reference: Reference): Image {
  const repository = repositoryName(reference);
  let image = known.get(repository);
  if (!image) {
    const name = reference.repository.slice(reference.repository.lastIndexOf('/') + 1);
    const path = `/usr/local/bin/${name}`;
    image = {
      entrypoint: [path],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      size: 20 * MB + (fnv1a32(repository) % (80 * MB)),
      files: lazily(() => baseFiles({ [path]: { program: 'idle', size: 12 * MB } })),
    };
    if (known.size > 1000) known.clear();
    known.set(repository, image);
  }
  return image;
}
