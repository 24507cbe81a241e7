// Which openssl a machine or an image has, and in what that one shows itself.

import type { System } from '../../process/system.ts';

export interface Release {
  readonly version: string;
  /** `CN = dev` and not `CN=dev`. */
  readonly spacesNames: boolean;
  /** Whether certificates are of version 3, with identifiers of keys, even if nobody asks for extensions. */
  readonly extends: boolean;
}

/** Ubuntu 24.04 has 3.0, Alpine and Debian's newest have 3.5. */
export const releaseOf = (system: System): Release =>
  system.files.find('/etc/os-release')?.content?.includes('Ubuntu 24.04')
    ? { version: '3.0.13 30 Jan 2024', spacesNames: true, extends: false }
    : { version: '3.5.5 27 Jan 2026', spacesNames: false, extends: true };
