// Says of each flow schema whether the priority level is there that it names. Mirrors presyncFlowSchemaStatus of apiserver
// pkg/util/flowcontrol/apf_controller.go; what else that does is `server/flow-control/`.
//
// Keys: names of flow schemas.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import { formatTime } from '../../lib/time.ts';
import { flowSchemas } from '../../resources/flowcontrol/flowschema.ts';
import { priorityLevelConfigurations } from '../../resources/flowcontrol/prioritylevelconfiguration.ts';

const TYPE = 'Dangling';

export const flowControlConsumer: Controller = {
  name: 'priority_and_fairness_config_queue',
  component: 'kube-apiserver',
  fieldManager: 'api-priority-and-fairness-config-consumer-v1',
  watches: [
    watch(flowSchemas),
    watch(priorityLevelConfigurations, ({ metadata }, _previous, reader, type) =>
      type === 'updated'
        ? []
        : reader
            .list(flowSchemas)
            .filter(({ spec }) => spec.priorityLevelConfiguration.name === metadata.name)
            .map((schema) => schema.metadata.name),
    ),
  ],
  reconcile(name, { api, now }) {
    const schema = api.get(flowSchemas, '', name);
    if (!schema) return;
    const level = schema.spec.priorityLevelConfiguration.name;
    const isThere = api.get(priorityLevelConfigurations, '', level) !== undefined;
    const named = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
    const wanted = isThere
      ? { status: 'False', reason: 'Found', message: `${named} and it exists` }
      : { status: 'True', reason: 'NotFound', message: `${named} but there is no such object` };
    const known = schema.status.conditions?.find(({ type }) => type === TYPE);
    if (known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message) return;
    const condition = { type: TYPE, ...wanted, lastTransitionTime: formatTime(now()) };
    api.applyStatus(flowSchemas, { metadata: { name }, status: { conditions: [condition] } });
  },
};
