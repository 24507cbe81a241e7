// PriorityLevelConfigurations: how much of the server a kind of requests gets. Mirrors pkg/registry/flowcontrol/prioritylevelconfiguration.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { PriorityLevelConfiguration } from '../../api/gen/flowcontrol-v1.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { FLOW_STATUS } from './conditions.ts';
import { validatePriorityLevel } from './prioritylevel-validation.ts';

const schema = builtinType('flowcontrol.v1.PriorityLevelConfiguration');
type Queuing = NonNullable<NonNullable<PriorityLevelConfiguration['spec']['limited']>['limitResponse']['queuing']>;

export const priorityLevelConfigurations = defineResource<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource: 'prioritylevelconfigurations',
  kind: 'PriorityLevelConfiguration',
  namespaced: false,
  schema,
  default: ({ spec: { exempt, limited } }) => {
    if (exempt) {
      exempt.nominalConcurrencyShares ??= 0;
      exempt.lendablePercent ??= 0;
    }
    if (limited) {
      limited.nominalConcurrencyShares ??= 30;
      limited.lendablePercent ??= 0;
      const { queuing } = limited.limitResponse;
      if (queuing) {
        queuing.queues ||= 64;
        queuing.handSize ||= 8;
        queuing.queueLengthLimit ||= 50;
      }
    }
  },
  ...specAndStatus<PriorityLevelConfiguration>(schema),
  validate: validatePriorityLevel,
  subresources: { status: FLOW_STATUS },
  columns: [
    NAME_COLUMN,
    column('Type', ({ spec }) => spec.type, { description: docOf('flowcontrol.v1.PriorityLevelConfigurationSpec.type') }),
    column('NominalConcurrencyShares', ({ spec }) => spec.limited?.nominalConcurrencyShares ?? '<none>', {
      description: docOf('flowcontrol.v1.LimitedPriorityLevelConfiguration.nominalConcurrencyShares'),
    }),
    column('Queues', queuingCell('queues'), { description: docOf('flowcontrol.v1.QueuingConfiguration.queues') }),
    column('HandSize', queuingCell('handSize'), { description: docOf('flowcontrol.v1.QueuingConfiguration.handSize') }),
    column('QueueLengthLimit', queuingCell('queueLengthLimit'), {
      description: docOf('flowcontrol.v1.QueuingConfiguration.queueLengthLimit'),
    }),
    AGE_COLUMN,
  ],
});

function queuingCell(name: keyof Queuing): (level: PriorityLevelConfiguration) => unknown {
  return ({ spec }) => spec.limited?.limitResponse.queuing?.[name] ?? '<none>';
}
