// What /version says.

import type { VersionInfo } from '../server/context.ts';

/** Minor version → the patch release that is simulated, and when it was made. */
const RELEASES: Record<number, { patch: number; built: string; go: string }> = {
  35: { patch: 3, built: '2026-03-18T18:25:11Z', go: 'go1.25.7' },
  36: { patch: 1, built: '2026-05-20T16:40:02Z', go: 'go1.26.2' },
};

export const MINORS: readonly number[] = Object.keys(RELEASES).map(Number);

export function versionInfo(minor: number): VersionInfo {
  const { patch, built, go } = RELEASES[minor]!;
  const gitVersion = `v1.${minor}.${patch}`;
  return {
    major: '1',
    minor: String(minor),
    emulationMajor: '1',
    emulationMinor: String(minor),
    minCompatibilityMajor: '1',
    minCompatibilityMinor: String(minor - 1),
    gitVersion,
    gitCommit: 'kubarium',
    gitTreeState: 'clean',
    buildDate: built,
    goVersion: go,
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
