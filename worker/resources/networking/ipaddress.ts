// IPAddresses: which service addresses are taken, and by whom. Mirrors pkg/registry/networking/ipaddress and pkg/apis/networking.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { IPAddress, ParentReference } from '../../api/gen/networking-v1.ts';
import { groupResourceText } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { pathSegmentProblems } from '../../lib/names.ts';
import { docOf } from '../doc.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { validIp } from '../validation/ip.ts';
import { dnsSubdomain, problems } from '../validation/values.ts';
import { pathSegment } from './reference.ts';

export const ipAddresses = defineResource<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ipaddresses',
  kind: 'IPAddress',
  namespaced: false,
  shortNames: ['ip'],
  schema: builtinType('networking.v1.IPAddress'),
  validateName: (name) => validIp(name, '').map(({ detail }) => detail),
  validate: ({ spec }) => validateParent(spec.parentRef),
  validateUpdate: ({ spec: { parentRef } }, old) => [
    ...validateParent(parentRef),
    ...(isEqual(parentRef, old.spec.parentRef)
      ? []
      : [invalidField('spec.parentRef', parentRef ? goForm('networking.v1.ParentReference', parentRef) : null, IMMUTABLE)]),
  ],
  // Upstream gives a third cell, the age, without a column; clients leave it out.
  columns: [NAME_COLUMN, column('ParentRef', parentCell, { description: docOf('networking.v1.IPAddressSpec.parentRef') })],
});

function parentCell({ spec: { parentRef } }: IPAddress): string {
  if (!parentRef) return '<none>';
  const { group = '', resource = '', namespace, name = '' } = parentRef;
  return `${groupResourceText({ group, resource }).toLowerCase()}${namespace ? `/${namespace}` : ''}/${name}`;
}

function validateParent(parent: ParentReference | undefined): FieldError[] {
  if (!parent) return [requiredField('spec.parentRef')];
  const { group, resource, namespace, name } = parent;
  return [
    ...(group ? dnsSubdomain(group, 'spec.parentRef.group') : []),
    ...pathSegment(resource, 'spec.parentRef.resource'),
    ...pathSegment(name, 'spec.parentRef.name'),
    ...(namespace ? problems(namespace, pathSegmentProblems(namespace), 'spec.parentRef.namespace') : []),
  ];
}
