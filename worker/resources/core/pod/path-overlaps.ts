// Files of a volume that get in each other's way. Mirrors warningsForOverlappingVirtualPaths of kubernetes pkg/api/pod/warnings.go.

import type { Volume, VolumeProjection } from '../../../api/gen/core-v1.ts';

interface File {
  readonly path: string;
  readonly source: string;
}

export function overlappingPathWarnings(volumes: readonly Volume[]): string[] {
  return volumes.flatMap(({ name, configMap, secret, downwardAPI, projected }) => {
    const warn = (kind: string, files: readonly File[]): string[] =>
      overlaps(files).map((text) => `volume ${JSON.stringify(name)} (${kind}): overlapping paths: ${text}`);
    const warnings: string[] = [];
    if (configMap?.items) warnings.push(...warn(`ConfigMap ${JSON.stringify(configMap.name ?? '')}`, filesOf(configMap.items)));
    if (secret?.items) warnings.push(...warn(`Secret ${JSON.stringify(secret.secretName ?? '')}`, filesOf(secret.items)));
    if (downwardAPI?.items) warnings.push(...warn('DownwardAPI', filesOf(downwardAPI.items)));
    const sources = projected?.sources ?? [];
    for (const source of sources)
      if (Object.keys(source).length === 0) warnings.push(`volume ${JSON.stringify(name)} (Projected) has no sources provided`);
    return projected ? [...warnings, ...warn('Projected', sources.flatMap(projectedFiles))] : warnings;
  });
}

const filesOf = (items: readonly { path: string }[], source = ''): File[] => items.map(({ path }) => ({ path, source }));

function projectedFiles({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): File[] {
  if (configMap?.items) return filesOf(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? '')}`);
  if (secret?.items) return filesOf(secret.items, `Secret ${JSON.stringify(secret.name ?? '')}`);
  if (downwardAPI?.items) return filesOf(downwardAPI.items, 'DownwardAPI');
  return serviceAccountToken ? [{ path: serviceAccountToken.path, source: 'ServiceAccountToken' }] : [];
}

/** `"a/b" with "a"`, for each file and those before it that it is in, or that are in it. */
function overlaps(files: readonly File[]): string[] {
  const before: File[] = [];
  const found: string[] = [];
  for (const { path, source } of files) {
    const file = { path: path.replace(/\/+$/, ''), source };
    if (file.path)
      for (const other of before) if (other.path && isWithin(file.path, other.path)) found.push(`${show(file)} with ${show(other)}`);
    before.push(file);
  }
  return found;
}

const isWithin = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
const show = ({ path, source }: File): string => JSON.stringify(path) + (source && ` (${source})`);
