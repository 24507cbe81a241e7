// Every control loop.

import type { Controller } from '../api/controller.ts';
import { deployment } from './deployment/index.ts';
import { endpointsController } from './endpoints/endpoints.ts';
import { makeEndpointSliceController } from './endpoints/endpointslice.ts';
import { makeEndpointSliceMirroringController } from './endpoints/mirroring.ts';
import { replicaSet } from './replicaset.ts';
import { replicationController } from './replicationcontroller.ts';

/** Those of one cluster: some keep something in memory. */
export const makeControllers = (): Controller[] => [
  deployment,
  replicaSet,
  replicationController,
  endpointsController,
  makeEndpointSliceController(),
  makeEndpointSliceMirroringController(),
];
