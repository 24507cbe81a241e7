// Who owns which field: metadata.managedFields after a write.

import type { KubeObject } from '../../api/object.ts';
import type { Call } from '../../api/registry.ts';
import type { Resource } from '../../api/resource.ts';
import type { Core } from '../core.ts';

/** Sets `next`'s managedFields after a create or update by `call`'s manager. `old` is the stored object, undefined for a creation. */
export function trackUpdate(
  _core: Core,
  _resource: Resource,
  _old: KubeObject | undefined,
  next: KubeObject,
  _call: Call,
  _subresource: string,
): void {
  delete next.metadata.managedFields;
}
