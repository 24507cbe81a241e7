// ComponentStatuses: deprecated since 1.19. Where they come from is agents/component-status.ts's. Mirrors pkg/registry/core/componentstatus.

import { column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ComponentCondition, ComponentStatus } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const componentStatuses = defineResource<ComponentStatus>({
  group: '',
  version: 'v1',
  resource: 'componentstatuses',
  kind: 'ComponentStatus',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  schema: builtinType('core.v1.ComponentStatus'),
  columns: [
    NAME_COLUMN,
    column('Status', (one) => (health(one)?.status === 'True' ? 'Healthy' : health(one) ? 'Unhealthy' : 'Unknown'), {
      description: 'Status of the component conditions',
    }),
    column('Message', (one) => health(one)?.message ?? '', { description: 'Message of the component conditions' }),
    column('Error', (one) => health(one)?.error ?? '', { description: 'Error of the component conditions' }),
  ],
});

function health({ conditions }: ComponentStatus): ComponentCondition | undefined {
  return conditions?.find(({ type }) => type === 'Healthy');
}
