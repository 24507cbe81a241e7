// Namespaces. Mirrors pkg/registry/core/namespace: what is in one has to go before it goes, which its finalizer `kubernetes` sees to.

import { child, index, invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { validateFinalizerIsStandard, validateFinalizers } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { Namespace } from '../../api/gen/core-v1.ts';
import { nameIsDnsLabel } from '../../lib/names.ts';
import { formatTime } from '../../lib/time.ts';
import { builtinType } from '../schema/index.ts';

const FINALIZER = 'kubernetes';
/** Names a namespace for selectors. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

export const namespaces = defineResource<Namespace>({
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  schema: builtinType('core.v1.Namespace'),
  validateName: nameIsDnsLabel,
  default: (namespace) => {
    if (namespace.metadata.name) labelWithName(namespace);
    namespace.status.phase ||= 'Active';
  },
  prepareForCreate: (namespace) => {
    namespace.status = { phase: 'Active' };
    const { finalizers = [] } = namespace.spec;
    if (!finalizers.includes(FINALIZER)) namespace.spec = { finalizers: [...finalizers, FINALIZER] };
  },
  prepareForUpdate: (namespace, old) => {
    namespace.spec = old.spec;
    namespace.status = old.status;
  },
  validate: ({ spec }) => (spec.finalizers ?? []).flatMap((one) => validateFinalizer(one, 'spec.finalizers')),
  validateUpdate: () => [],
  canonicalize: labelWithName,
  prepareForDelete: (namespace, context) => {
    // Unlike other kinds', its deletion has no grace period to show.
    namespace.metadata.deletionTimestamp = formatTime(context.now());
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  holdsDeletion: ({ spec }) => (spec.finalizers?.length ?? 0) > 0,
  fieldLabels: ['status.phase'],
  selectableFields: ({ status }) => ({ 'status.phase': status.phase ?? '' }),
  subresources: {
    finalize: {
      type: 'object',
      verbs: ['update'],
      resetFields: ['status'],
      prepareForUpdate: (namespace, old) => {
        (namespace as Namespace).status = (old as Namespace).status;
      },
      validateUpdate: (namespace) =>
        ((namespace as Namespace).spec.finalizers ?? []).flatMap((one, i) => validateFinalizer(one, index('spec.finalizers', i))),
    },
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: (namespace, old) => {
        (namespace as Namespace).spec = (old as Namespace).spec;
      },
      validateUpdate: (namespace) => validatePhase(namespace as Namespace),
    },
  },
  columns: [NAME_COLUMN, column('Status', ({ status }) => status.phase ?? '', { description: 'The status of the namespace' }), AGE_COLUMN],
});

function labelWithName({ metadata }: Namespace): void {
  metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
}

const validateFinalizer = (finalizer: string, path: string): FieldError[] => [
  ...validateFinalizers([finalizer], path),
  ...validateFinalizerIsStandard(finalizer, path),
];

function validatePhase({ metadata, status }: Namespace): FieldError[] {
  const [wanted, when] = metadata.deletionTimestamp ? ['Terminating', 'is not empty'] : ['Active', 'is empty'];
  if (status.phase === wanted) return [];
  return [invalidField(child('status', 'Phase'), status.phase ?? '', `may only be '${wanted}' if \`deletionTimestamp\` ${when}`)];
}
