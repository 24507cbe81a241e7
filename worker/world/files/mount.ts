// Where a mounted tree comes from. Written into a container's record, so it names things and holds none.

import { fnv1a32 } from '../../lib/hash.ts';

export type MountSource =
  /** A directory or file of the machine. */
  | { readonly type: 'host'; readonly path: string }
  /** A volume of the world, or what is at a path in it. The ids of a pod's own volumes begin with its uid. */
  | {
      readonly type: 'volume';
      readonly id: string;
      readonly subPath?: string;
      /** Its files are asked for (`Hooks.fillVolume`) when somebody first looks. */
      readonly lazy?: boolean;
      /** Kept in memory: `mount` shows a tmpfs. */
      readonly memory?: boolean;
      /** Where it is on the machine (`placeOf`), if that does not follow from its id. */
      readonly place?: string;
    }
  /** An image's files, read-only. */
  | { readonly type: 'image'; readonly image: string; readonly subPath?: string };

export const placeOfVolume = (plugin: string, name: string): string => `volumes/kubernetes.io~${plugin}/${name}`;

/** Where a volume is on the machine, below the directory of its pod: `volumes/kubernetes.io~secret/keys`. */
export function placeOf(source: Extract<MountSource, { type: 'volume' }>, uid: string): string {
  if (source.place !== undefined) return source.place;
  const name = source.id.slice(uid.length + 1);
  const [kind, container = ''] = name.split('/');
  if (kind === 'termination') return `containers/${container}/${fnv1a32(source.id).toString(16).padStart(8, '0')}`;
  if (name === 'etc-hosts') return name;
  return placeOfVolume(source.lazy ? 'projected' : 'empty-dir', name);
}
