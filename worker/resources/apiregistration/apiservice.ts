import { AGE_COLUMN, column, defineResource, NAME_COLUMN, STATUS } from '../../api/resource.ts';
import { invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { APIService, APIServiceSpec } from '../../api/gen/apiregistration-v1.ts';
import { dns1035LabelProblems, dnsSubdomainProblems, pathSegmentProblems } from '../../lib/names.ts';
import { fromBase64 } from '../../lib/text.ts';
import { formatTime } from '../../lib/time.ts';
import { builtinType } from '../schema/index.ts';

/** Index terms: those that some service answers for, and those of one service. */
export const BY_SERVICES = 'remote';
export const byService = (namespace: string, name: string): string => `service/${namespace}/${name}`;

export const apiServices = defineResource<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  resource: 'apiservices',
  kind: 'APIService',
  namespaced: false,
  categories: ['api-extensions'],
  bucket: 'apiregistration.k8s.io/apiservices',
  schema: builtinType('apiregistration.v1.APIService'),
  indexTerms: ({ spec: { service } }) => (service ? [BY_SERVICES, byService(service.namespace ?? '', service.name ?? '')] : []),
  subresources: {
    status: {
      ...STATUS,
      resetFields: ['spec', 'metadata'],
      validateUpdate: (service) =>
        ((service as APIService).status.conditions ?? []).flatMap(({ status }, i) =>
          CONDITION_STATUSES.includes(status) ? [] : [notSupported(`status.conditions[${i}].status`, status, CONDITION_STATUSES)],
        ),
    },
  },
  updateMustNameRevision: true,
  default: ({ spec }) => {
    if (spec?.service) spec.service.port ??= 443;
  },
  validateName: pathSegmentProblems,
  // What the API server serves itself is there at once.
  prepareForCreate: (service, { now }) => {
    service.status = service.spec.service ? {} : { conditions: [{ ...LOCALLY_AVAILABLE, lastTransitionTime: formatTime(now()) }] };
  },
  prepareForUpdate: (service, old) => {
    service.status = old.status;
  },
  validate: validateApiService,
  columns: [
    NAME_COLUMN,
    column('Service', ({ spec: { service } }) => (service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local'), {
      description: 'The reference to the service that hosts this API endpoint.',
    }),
    column('Available', availability, { description: 'Whether this service is available.' }),
    AGE_COLUMN,
  ],
});

const CONDITION_STATUSES = ['True', 'False', 'Unknown'];
const LOCALLY_AVAILABLE = { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' };

function validateApiService({ metadata, spec }: APIService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum, versionPriority } = spec;
  const name = `${version}.${group}`;
  const errors: FieldError[] = [];
  if (metadata.name !== name)
    errors.push(invalidField('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`));
  if (!group && version !== 'v1') errors.push(requiredField('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  if (group) errors.push(...dnsSubdomainProblems(group).map((problem) => invalidField('spec.group', group, problem)));
  errors.push(...dns1035LabelProblems(version).map((problem) => invalidField('spec.version', version, problem)));
  if (!(groupPriorityMinimum > 0 && groupPriorityMinimum <= 20_000))
    errors.push(invalidField('spec.groupPriorityMinimum', groupPriorityMinimum, 'must be positive and less than 20000'));
  if (!(versionPriority > 0 && versionPriority <= 1000))
    errors.push(invalidField('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  return [...errors, ...validateWay(spec)];
}

/** How the service is reached, if there is one. */
function validateWay({ service, caBundle, insecureSkipTLSVerify }: APIServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (!service) {
    if (caBundle) {
      const { length } = fromBase64(caBundle) ?? [];
      errors.push(invalidField('spec.caBundle', `${length} bytes`, 'local APIServices may not have a caBundle'));
    }
    if (insecureSkipTLSVerify)
      errors.push(invalidField('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  if (!service.namespace) errors.push(requiredField('spec.service.namespace', ''));
  if (!service.name) errors.push(requiredField('spec.service.name', ''));
  const { port = 0 } = service;
  if (port < 1 || port > 65_535)
    errors.push(invalidField('spec.service.port', port, 'port is not valid: must be between 1 and 65535, inclusive'));
  if (insecureSkipTLSVerify && caBundle)
    errors.push(invalidField('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

function availability({ status }: APIService): string {
  const condition = status.conditions?.find(({ type }) => type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' || !condition.reason ? condition.status : `${condition.status} (${condition.reason})`;
}
