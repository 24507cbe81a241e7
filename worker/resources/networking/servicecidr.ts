// ServiceCIDRs: the ranges that service addresses come from. Mirrors pkg/registry/networking/servicecidr and pkg/apis/networking.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ServiceCIDR } from '../../api/gen/networking-v1.ts';
import { parseCidr } from '../../lib/ip.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { keepMetadata, keepStatus, resetStatus } from '../strategy.ts';
import { validCidr } from '../validation/ip.ts';

const schema = builtinType('networking.v1.ServiceCIDR');

export const serviceCIDRs = defineResource<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'servicecidrs',
  kind: 'ServiceCIDR',
  namespaced: false,
  schema,
  prepareForCreate: (range) => resetStatus(range, schema),
  prepareForUpdate: keepStatus,
  validate: ({ spec }) => validateRanges(spec.cidrs ?? []),
  validateUpdate: ({ spec }, old) => validateRangesUpdate(spec.cidrs ?? [], old.spec.cidrs ?? []),
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      resetFields: ['metadata', 'spec'],
      prepareForUpdate: (range, old) => {
        (range as ServiceCIDR).spec = (old as ServiceCIDR).spec;
        keepMetadata(range, old);
      },
    },
  },
  columns: [
    NAME_COLUMN,
    column('CIDRs', ({ spec }) => (spec.cidrs ?? []).join(','), { description: docOf('networking.v1.ServiceCIDRSpec.cidrs') }),
    AGE_COLUMN,
  ],
});

const PATH = 'spec.cidrs';

function validateRanges(cidrs: readonly string[]): FieldError[] {
  if (!cidrs.length) return [requiredField(PATH, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalidField(PATH, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => validCidr(cidr, `${PATH}[${i}]`));
  const families = cidrs.map((cidr) => parseCidr(cidr)?.family);
  if (families.length === 2 && families[0] !== undefined && families[0] === families[1])
    errors.push(invalidField(PATH, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  return errors;
}

/** The one change that is allowed: from one range to two. */
function validateRangesUpdate(cidrs: readonly string[], old: readonly string[]): FieldError[] {
  const grows = old.length === 1 && cidrs.length === 2;
  if (cidrs.length !== old.length && !grows) return [invalidField(PATH, cidrs, IMMUTABLE)];
  const changed = old.flatMap((cidr, i) => (cidr === cidrs[i] ? [] : [invalidField(`${PATH}[${i}]`, cidrs[i], IMMUTABLE)]));
  return grows ? [...changed, ...validateRanges(cidrs)] : changed;
}
