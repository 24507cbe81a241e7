// FlowSchemas: which requests go to which priority level. Mirrors pkg/registry/flowcontrol/flowschema.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { FlowSchema } from '../../api/gen/flowcontrol-v1.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { FLOW_STATUS } from './conditions.ts';
import { validateFlowSchema } from './flowschema-validation.ts';

const schema = builtinType('flowcontrol.v1.FlowSchema');
const DEFAULT_PRECEDENCE = 1000;

export const flowSchemas = defineResource<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource: 'flowschemas',
  kind: 'FlowSchema',
  namespaced: false,
  schema,
  default: ({ spec }) => {
    spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
  },
  ...specAndStatus<FlowSchema>(schema),
  validate: validateFlowSchema,
  subresources: { status: FLOW_STATUS },
  columns: [
    NAME_COLUMN,
    column('PriorityLevel', ({ spec }) => spec.priorityLevelConfiguration.name, {
      description: docOf('flowcontrol.v1.PriorityLevelConfigurationReference.name'),
    }),
    column('MatchingPrecedence', ({ spec }) => spec.matchingPrecedence, {
      description: docOf('flowcontrol.v1.FlowSchemaSpec.matchingPrecedence'),
    }),
    column('DistinguisherMethod', ({ spec }) => spec.distinguisherMethod?.type ?? '<none>', {
      description: docOf('flowcontrol.v1.FlowSchemaSpec.distinguisherMethod'),
    }),
    AGE_COLUMN,
    column('MissingPL', ({ status }) => status.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?', {
      description: 'references a broken or non-existent PriorityLevelConfiguration',
    }),
  ],
});
