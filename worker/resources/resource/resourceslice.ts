// ResourceSlices: the devices that drivers offer, of a node or of the network. Mirrors pkg/registry/resource/resourceslice and pkg/apis/resource/validation.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ResourceSlice } from '../../api/gen/resource-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { formatTime } from '../../lib/time.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { dropDisabledOfSlice } from './drop-disabled.ts';
import { validateSliceSpec } from './slice-validation.ts';

export const resourceSlices = defineResource<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceslices',
  kind: 'ResourceSlice',
  namespaced: false,
  schema: builtinType('resource.v1.ResourceSlice'),
  returnDeleted: true,
  prepareForCreate: (slice, { config, now }) => {
    dropDisabledOfSlice(slice.spec, config);
    slice.metadata.generation = 1;
    dateTaints(slice, now());
  },
  prepareForUpdate: (slice, old, { config, now }) => {
    dropDisabledOfSlice(slice.spec, config);
    dateTaints(slice, now());
    if (!isEqual(slice.spec, old.spec)) nextGeneration(slice, old);
  },
  validate: ({ spec }) => validateSliceSpec(spec, undefined),
  validateUpdate: ({ spec }, old) => validateSliceSpec(spec, old.spec),
  fieldLabels: ['spec.nodeName', 'spec.driver'],
  selectableFields: ({ spec }) => ({ 'spec.nodeName': spec.nodeName ?? '', 'spec.driver': spec.driver }),
  columns: [
    NAME_COLUMN,
    column('Node', ({ spec }) => spec.nodeName ?? '', { description: docOf('resource.v1.ResourceSliceSpec.nodeName') }),
    column('Driver', ({ spec }) => spec.driver, { description: docOf('resource.v1.ResourceSliceSpec.driver') }),
    column('Pool', ({ spec }) => spec.pool.name, { description: docOf('resource.v1.ResourcePool.name') }),
    AGE_COLUMN,
  ],
});

function dateTaints({ spec }: ResourceSlice, now: number): void {
  for (const { taints = [] } of spec.devices ?? []) for (const taint of taints) taint.timeAdded ??= formatTime(now);
}

/** The slices that count: of each pool those of its newest generation. */
export function newestSlices(slices: readonly ResourceSlice[]): ResourceSlice[][] {
  const pools = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver, pool } = slice.spec;
    const key = `${driver}/${pool.name}`;
    const known = pools.get(key);
    const generation = known?.[0]!.spec.pool.generation ?? -1;
    if (pool.generation > generation) pools.set(key, [slice]);
    else if (pool.generation === generation) known!.push(slice);
  }
  return [...pools.values()];
}
