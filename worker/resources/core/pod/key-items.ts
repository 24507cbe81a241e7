// Which keys of a ConfigMap or Secret become which files.

import type { FieldError } from '../../../api/field-error.ts';
import type { KeyToPath } from '../../../api/gen/core-v1.ts';
import { fileMode, localPath } from './paths.ts';
import { requireFields } from './volume-sources.ts';

export const validateItems = (items: readonly KeyToPath[] = [], path: string): FieldError[] =>
  items.flatMap((item, i) => validateKeyToPath(item, `${path}.items[${i}]`));

function validateKeyToPath(item: KeyToPath, at: string): FieldError[] {
  return [...requireFields(item, at, 'key', 'path'), ...localPath(item.path, `${at}.path`), ...fileMode(item.mode, `${at}.mode`)];
}
