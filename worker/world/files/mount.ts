// Where a mounted tree comes from. Written into a container's record, so it names things and holds none.

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
    }
  /** An image's files, read-only. */
  | { readonly type: 'image'; readonly image: string; readonly subPath?: string };
