// What the loops over EndpointSlices measure. Mirrors the endpointslice library's metrics and pkg/controller/endpointslicemirroring/metrics; how many slices and endpoints
// there are is counted when somebody asks (`cluster/pages/endpoint-slices.ts`).

import type { Meter } from '../../lib/metrics.ts';

const POWERS = Array.from({ length: 15 }, (_, i) => 2 ** (i + 1));
const USUAL = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const perSync = (name: string, help: string, stability: Meter['stability'] & string, bounds = POWERS): Meter => ({
  name,
  help,
  type: 'histogram',
  stability,
  bounds,
});
const counter = (name: string, help: string): Meter => ({ name, help, type: 'counter', stability: 'ALPHA' });

const SLICES = 'endpoint_slice_controller';
export const ADDED = perSync(`${SLICES}_endpoints_added_per_sync`, 'Number of endpoints added on each Service sync', 'BETA');
export const REMOVED = perSync(`${SLICES}_endpoints_removed_per_sync`, 'Number of endpoints removed on each Service sync', 'BETA');
export const CHANGED = perSync(
  `${SLICES}_endpointslices_changed_per_sync`,
  'Number of EndpointSlices changed on each Service sync',
  'ALPHA',
  USUAL,
);
export const SYNCS = counter(`${SLICES}_syncs`, 'Number of EndpointSlice syncs');
export const CHANGES = counter(`${SLICES}_changes`, 'Number of EndpointSlice changes');

const MIRRORING = 'endpoint_slice_mirroring_controller';
export const MIRRORING_ADDED = perSync(
  `${MIRRORING}_endpoints_added_per_sync`,
  'Number of endpoints added on each Endpoints sync',
  'ALPHA',
);
export const MIRRORING_UPDATED = perSync(
  `${MIRRORING}_endpoints_updated_per_sync`,
  'Number of endpoints updated on each Endpoints sync',
  'ALPHA',
);
export const MIRRORING_REMOVED = perSync(
  `${MIRRORING}_endpoints_removed_per_sync`,
  'Number of endpoints removed on each Endpoints sync',
  'ALPHA',
);
export const MIRRORING_SKIPPED = perSync(
  `${MIRRORING}_addresses_skipped_per_sync`,
  'Number of addresses skipped on each Endpoints sync due to being invalid or exceeding MaxEndpointsPerSubset',
  'ALPHA',
);
export const MIRRORING_DURATION = perSync(
  `${MIRRORING}_endpoints_sync_duration`,
  'Duration of syncEndpoints() in seconds',
  'ALPHA',
  POWERS.map((power) => power / 2000),
);
export const MIRRORING_CHANGES = counter(`${MIRRORING}_changes`, 'Number of EndpointSlice changes');
