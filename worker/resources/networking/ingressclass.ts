// IngressClasses. Mirrors pkg/registry/networking/ingressclass and pkg/apis/networking.

import { domainPrefixedPath } from '../../api/domain-prefixed-path.ts';
import { forbiddenField, notSupported, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { IngressClass, IngressClassParametersReference } from '../../api/gen/networking-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { dnsLabel } from '../validation/values.ts';
import { validateReference } from './reference.ts';

const MAX_CONTROLLER = 250;

export const ingressClasses = defineResource<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
  schema: builtinType('networking.v1.IngressClass'),
  default: ({ spec }) => {
    if (spec.parameters) spec.parameters.scope ??= 'Cluster';
  },
  prepareForCreate: ({ metadata }) => {
    metadata.generation = 1;
  },
  prepareForUpdate: (ingressClass, old) => {
    if (!isEqual(ingressClass.spec, old.spec)) nextGeneration(ingressClass, old);
  },
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, old) => [...validateImmutable(spec.controller, old.spec.controller, 'spec.controller'), ...validateSpec(spec)],
  columns: [
    { ...NAME_COLUMN, value: (object) => `${object.metadata.name}${isDefaultIngressClass(object as IngressClass) ? ' (default)' : ''}` },
    column('Controller', ({ spec }) => spec.controller ?? '', { description: 'Controller that is responsible for handling this class' }),
    column('Parameters', parametersCell, { description: 'A reference to a resource with additional parameters' }),
    AGE_COLUMN,
  ],
});

/** Whether Ingresses without a class get this one. */
export const isDefaultIngressClass = ({ metadata: { annotations } }: IngressClass): boolean =>
  annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';

function parametersCell({ spec: { parameters } }: IngressClass): string {
  if (!parameters) return '<none>';
  const { kind, apiGroup, name } = parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}

function validateSpec({ controller = '', parameters }: IngressClass['spec']): FieldError[] {
  return [
    ...(controller.length > MAX_CONTROLLER ? [tooLong('spec.controller', MAX_CONTROLLER)] : []),
    ...domainPrefixedPath(controller, 'spec.controller'),
    ...(parameters ? validateParameters(parameters, 'spec.parameters') : []),
  ];
}

function validateParameters(parameters: IngressClassParametersReference, path: string): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = validateReference(parameters, path);
  if (scope === undefined || scope === null) errors.push(requiredField(`${path}.scope`));
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(requiredField(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    else errors.push(...dnsLabel(namespace, `${path}.namespace`));
  } else if (scope === 'Cluster') {
    if (namespace !== undefined) errors.push(forbiddenField(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  } else {
    errors.push(notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace']));
  }
  return errors;
}
