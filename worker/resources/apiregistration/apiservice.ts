import { AGE_COLUMN, column, defineResource, NAME_COLUMN, STATUS } from '../../api/resource.ts';
import type { APIService } from '../../api/gen/apiregistration-v1.ts';
import { builtinType } from '../schema/index.ts';

export const apiServices = defineResource<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  resource: 'apiservices',
  kind: 'APIService',
  namespaced: false,
  categories: ['api-extensions'],
  bucket: 'apiregistration.k8s.io/apiservices',
  schema: builtinType('apiregistration.v1.APIService'),
  subresources: {
    status: { ...STATUS, resetFields: ['spec', 'metadata'] },
  },
  columns: [
    NAME_COLUMN,
    column('Service', ({ spec: { service } }) => (service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local'), {
      description: 'The reference to the service that hosts this API endpoint.',
    }),
    column('Available', availability, { description: 'Whether this service is available.' }),
    AGE_COLUMN,
  ],
});

function availability({ status }: APIService): string {
  const condition = status.conditions?.find(({ type }) => type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' || !condition.reason ? condition.status : `${condition.status} (${condition.reason})`;
}
