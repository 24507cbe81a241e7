// Volumes that join several sources in one directory. Mirrors validateProjectionSources of kubernetes pkg/apis/core/validation. The projections
// clusterTrustBundle and podCertificate are behind gates that are off, and are gone before validation (drop-disabled.ts).

import { forbiddenField, invalidField, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type {
  DownwardAPIProjection,
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../api/gen/core-v1.ts';
import { validateDownwardFile } from './downward-api.ts';
import { fileMode, localPath } from './paths.ts';
import { validateItems } from './key-items.ts';

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const DUPLICATE = 'conflicting duplicate paths';

export function validateProjected({ defaultMode, sources }: ProjectedVolumeSource, path: string): FieldError[] {
  const errors = fileMode(defaultMode, `${path}.defaultMode`);
  const paths = new Set<string>();
  /** Two sources may not write one file. */
  const claim = (file: string, value: string): void => {
    if (file && paths.has(file)) errors.push(invalidField(path, value, DUPLICATE));
    paths.add(file);
  };
  for (const [i, source] of (sources ?? []).entries()) {
    const at = `${path}.sources[${i}]`;
    for (const name of ['secret', 'configMap'] as const) {
      const projection = source[name];
      if (projection) errors.push(...validateKeys(projection, `${at}.${name}`));
      for (const item of projection?.items ?? []) claim(item.path, projection?.name ?? '');
    }
    errors.push(...validateDownward(source.downwardAPI, `${at}.downwardAPI`));
    for (const file of source.downwardAPI?.items ?? []) claim(file.path, file.path);
    if (source.serviceAccountToken) errors.push(...validateToken(source.serviceAccountToken, `${at}.serviceAccountToken`, path));
    if (countSources(source) > 1) errors.push(forbiddenField(at, 'may not specify more than 1 volume type per source'));
  }
  return errors;
}

const countSources = ({ secret, configMap, downwardAPI, serviceAccountToken }: VolumeProjection): number =>
  [secret, configMap, downwardAPI, serviceAccountToken].filter((one) => one !== undefined).length;

function validateKeys({ name, items }: { name?: string; items?: KeyToPath[] }, path: string): FieldError[] {
  const errors = name ? [] : [requiredField(`${path}.name`)];
  return [...errors, ...validateItems(items, path)];
}

const validateDownward = (projection: DownwardAPIProjection | undefined, path: string): FieldError[] =>
  (projection?.items ?? []).flatMap((item) => validateDownwardFile(item, path));

function validateToken(
  { expirationSeconds = 0, path: file }: ServiceAccountTokenProjection,
  path: string,
  volumePath: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (expirationSeconds < MIN_TOKEN_SECONDS)
    errors.push(invalidField(`${path}.expirationSeconds`, expirationSeconds, 'may not specify a duration less than 10 minutes'));
  if (expirationSeconds > MAX_TOKEN_SECONDS)
    errors.push(invalidField(`${path}.expirationSeconds`, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  if (!file) errors.push(requiredField(`${volumePath}.path`));
  else errors.push(...localPath(file, `${volumePath}.path`));
  return errors;
}
