// ReplicationControllers: see replicas.ts.

import { NOTHING, labelSelectorOfMap } from '../api/selectors.ts';
import { replicationControllers } from '../resources/core/replicationcontroller.ts';
import { makeReplicaController } from './replicas.ts';

export const replicationController = makeReplicaController({
  name: 'replicationmanager',
  serviceAccount: 'replication-controller',
  resource: replicationControllers,
  selectorOf: ({ spec }) => (spec.selector ? labelSelectorOfMap(spec.selector) : NOTHING),
  countsTerminating: false,
  relatives: () => [],
});
