// ReplicaSets: see replicas.ts.

import { controllerOf } from '../api/object.ts';
import { indexTerm } from '../api/resource.ts';
import { labelSelectorOf } from '../api/selectors.ts';
import { replicaSets } from '../resources/apps/replicaset.ts';
import { makeReplicaController } from './replicas.ts';

export const replicaSet = makeReplicaController({
  name: 'replicaset',
  resource: replicaSets,
  selectorOf: ({ spec }) => labelSelectorOf(spec.selector),
  countsTerminating: true,
  relatives: (reader, set) => {
    const owner = controllerOf(set);
    return owner ? reader.lookup(replicaSets, indexTerm.controller(owner.uid)) : [];
  },
});
