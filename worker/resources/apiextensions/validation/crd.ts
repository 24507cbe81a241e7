// The rules of a CRD as a whole. Mirrors apiextensions-apiserver pkg/apis/apiextensions/validation; schemas are in schema.ts. Upstream validates its internal
// form, in which what all versions have alike stands at the top: so do the paths of errors.

import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../../../api/gen/apiextensions-v1.ts';
import { invalidField, notSupported, PrintedValue, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { isEqual } from '../../../lib/json.ts';
import { dns1035LabelProblems, dnsSubdomainProblems } from '../../../lib/names.ts';
import { APPROVED_ANNOTATION, approvalOf, isProtectedGroup } from '../approval.ts';
import { IMMUTABLE } from '../../../api/metadata-validation.ts';
import { validateConversion } from './conversion.ts';
import { validateColumn, validateSelectableFields, validateSubresources } from './parts.ts';
import { validateSchema } from './schema.ts';
import type { SchemaOptions } from './schema.ts';
import { schemasIn } from './schema-walk.ts';

export function validateCrd(crd: CustomResourceDefinition): FieldError[] {
  return [
    ...validateCrdName(crd),
    ...validateSpec(crd.spec, { old: undefined }),
    ...validateCrdStatus(crd),
    ...validateStoredVersions(crd),
    ...validateApproval(crd, undefined),
    ...validatePreserve(crd, undefined),
  ];
}

export function validateCrdUpdate(crd: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const { spec } = crd;
  const isServed = old.status.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
  return [
    ...validateSpec(spec, { old: old.spec }),
    ...(isServed
      ? [...immutable(spec.scope, old.spec.scope, 'spec.scope'), ...immutable(spec.names.kind, old.spec.names.kind, 'spec.names.kind')]
      : []),
    ...immutable(spec.group, old.spec.group, 'spec.group'),
    ...immutable(spec.names.plural, old.spec.names.plural, 'spec.names.plural'),
    ...validateCrdStatus(crd),
    ...validateStoredVersions(crd),
    ...validateApproval(crd, old),
    ...validatePreserve(crd, old),
  ];
}

export const validateCrdStatus = ({ status }: CustomResourceDefinition): FieldError[] =>
  validateNames(status.acceptedNames, 'status.acceptedNames');

function validateCrdName({ metadata: { name }, spec }: CustomResourceDefinition): FieldError[] {
  if (!name || name === `${spec.names.plural}.${spec.group}`) return [];
  return [invalidField('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
}

function validateStoredVersions({ spec: { versions }, status }: CustomResourceDefinition): FieldError[] {
  const stored = status.storedVersions ?? [];
  const printed = new PrintedValue(stored.length ? `[]string{${stored.map((one) => JSON.stringify(one)).join(', ')}}` : '[]string(nil)');
  if (!stored.length) return [invalidField('status.storedVersions', printed, 'must have at least one stored version')];
  const errors: FieldError[] = [];
  const left = new Set(stored); // as upstream: of two versions of one name, the second finds nothing
  for (const { name, storage } of versions ?? []) {
    if (storage && !left.has(name)) errors.push(invalidField('status.storedVersions', printed, `must have the storage version ${name}`));
    left.delete(name);
  }
  for (const [i, one] of stored.entries()) {
    if (!left.has(one)) continue;
    const detail = `missing from spec.versions; ${one} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${one} and removes ${one} from status.storedVersions`;
    errors.push(invalidField(`status.storedVersions[${i}]`, one, detail));
  }
  return errors;
}

function validateApproval({ metadata, spec }: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (!isProtectedGroup(spec.group)) return [];
  const { state, message } = approvalOf(metadata.annotations);
  if (old && approvalOf(old.metadata.annotations).state === state) return [];
  const field = `metadata.annotations[${APPROVED_ANNOTATION}]`;
  if (state === 'invalid') return [invalidField(field, metadata.annotations?.[APPROVED_ANNOTATION] ?? '', message)];
  return state === 'missing' ? [requiredField(field, message)] : [];
}

function validatePreserve({ spec }: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (old?.spec.preserveUnknownFields || !spec.preserveUnknownFields) return [];
  const detail = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [invalidField('spec.preserveUnknownFields', true, detail)];
}

function validateSpec(spec: CustomResourceDefinitionSpec, { old }: { old: CustomResourceDefinitionSpec | undefined }): FieldError[] {
  const errors: FieldError[] = [];
  const { group, scope, names } = spec;
  const versions = spec.versions ?? [];
  if (!group) errors.push(requiredField('spec.group'));
  else {
    const problems = dnsSubdomainProblems(group);
    if (problems.length) errors.push(invalidField('spec.group', group, problems.join(',')));
    else if (!group.includes('.')) errors.push(invalidField('spec.group', group, 'should be a domain with at least one dot'));
  }
  errors.push(...validateChoice('spec.scope', scope, ['Cluster', 'Namespaced']));
  const options: SchemaOptions = { old };
  if (!old || old.versions.every(({ schema }) => schema?.openAPIV3Schema))
    for (const [i, { schema }] of versions.entries())
      if (!schema?.openAPIV3Schema) errors.push(requiredField(`spec.versions[${i}].schema.openAPIV3Schema`));
  if (spec.preserveUnknownFields && versions.some(hasDefaults))
    errors.push(invalidField('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'));
  const shared = sharedParts(versions);
  for (const [i, version] of versions.entries()) {
    const path = `spec.versions[${i}]`;
    const problems = dns1035LabelProblems(version.name);
    if (problems.length) errors.push(invalidField(`${path}.name`, version.name, problems.join(',')));
    errors.push(...validateVersion(version, path, shared, options));
  }
  if (new Set(versions.map(({ name }) => name)).size !== versions.length)
    errors.push(invalidField('spec.versions', printedVersions(versions), 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(invalidField('spec.versions', printedVersions(versions), 'must have exactly one version marked as storage version'));
  // Upstream's internal form names the first version at the top, too.
  const [first] = versions;
  const firstProblems = first?.name ? dns1035LabelProblems(first.name) : [];
  if (firstProblems.length) errors.push(invalidField('spec.version', first!.name, firstProblems.join(',')));
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const)
    if (!names[name]) errors.push(requiredField(`spec.names.${name}`));
  errors.push(...validateNames(names, 'spec.names'));
  if (first && shared.schema)
    errors.push(
      ...validateVersionSchema(
        first,
        'spec.validation',
        versions.some(({ subresources }) => subresources?.status),
        options,
      ),
    );
  if (first && shared.subresources) errors.push(...validateSubresources(first.subresources, 'spec.subresources'));
  if (first && shared.columns)
    errors.push(...(first.additionalPrinterColumns ?? []).flatMap((one, i) => validateColumn(one, `spec.additionalPrinterColumns[${i}]`)));
  if (first && shared.selectable) errors.push(...validateSelectableFields(first, 'spec.selectableFields'));
  if (spec.conversion?.strategy !== 'None' && spec.preserveUnknownFields)
    errors.push(invalidField('spec.conversion.strategy', spec.conversion?.strategy, 'must be None if spec.preserveUnknownFields is true'));
  errors.push(...validateConversion(spec.conversion, old?.conversion, 'spec.conversion'));
  return errors;
}

function hasDefaults({ schema }: CustomResourceDefinitionVersion): boolean {
  return Boolean(schema?.openAPIV3Schema) && [...schemasIn(schema!.openAPIV3Schema!)].some((one) => one.default !== undefined);
}

/** Which parts all versions have alike: upstream's internal form has them at the top, and no version has them. */
interface Shared {
  readonly schema: boolean;
  readonly subresources: boolean;
  readonly columns: boolean;
  readonly selectable: boolean;
}

function sharedParts(versions: readonly CustomResourceDefinitionVersion[]): Shared {
  const alike = (part: (version: CustomResourceDefinitionVersion) => unknown): boolean =>
    versions.every((one) => isEqual(part(one), part(versions[0]!)));
  return {
    schema: alike(({ schema }) => schema),
    subresources: alike(({ subresources }) => subresources),
    columns: alike(({ additionalPrinterColumns }) => additionalPrinterColumns),
    selectable: alike(({ selectableFields }) => selectableFields),
  };
}

function validateVersion(version: CustomResourceDefinitionVersion, path: string, shared: Shared, options: SchemaOptions): FieldError[] {
  return [
    ...validateDeprecation(version, `${path}.deprecationWarning`),
    ...(shared.schema ? [] : validateVersionSchema(version, `${path}.schema`, version.subresources?.status, options)),
    ...(shared.subresources ? [] : validateSubresources(version.subresources, `${path}.subresources`)),
    ...(shared.columns
      ? []
      : (version.additionalPrinterColumns ?? []).flatMap((one, i) => validateColumn(one, `${path}.additionalPrinterColumns[${i}]`))),
    ...(shared.selectable ? [] : validateSelectableFields(version, `${path}.selectableFields`)),
  ];
}

function validateVersionSchema(
  { schema, name }: CustomResourceDefinitionVersion,
  path: string,
  hasStatus: unknown,
  options: SchemaOptions,
): FieldError[] {
  return schema?.openAPIV3Schema
    ? validateSchema(schema.openAPIV3Schema, `${path}.openAPIV3Schema`, name, Boolean(hasStatus), options)
    : [];
}

function validateDeprecation({ deprecated, deprecationWarning }: CustomResourceDefinitionVersion, field: string): FieldError[] {
  if (deprecationWarning === undefined) return [];
  const refuse = (detail: string): FieldError => invalidField(field, deprecationWarning, detail);
  if (!deprecated) return [refuse('can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (deprecationWarning.length > 256) errors.push(refuse('must be <= 256 characters long'));
  if (!deprecationWarning) errors.push(refuse('must not be an empty string'));
  for (let i = 0; i < deprecationWarning.length; i++)
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(deprecationWarning[i]!))
      errors.push(refuse(`must only contain printable UTF-8 characters; non-printable character found at index ${i}`));
  return errors;
}

function validateNames(names: CustomResourceDefinitionNames, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const label = (field: string, value: string | undefined, lead = ''): void => {
    const problems = value ? dns1035LabelProblems(lead ? value.toLowerCase() : value) : [];
    if (problems.length) errors.push(invalidField(`${path}.${field}`, value, lead + problems.join(',')));
  };
  const MIXED = 'may have mixed case, but should otherwise match: ';
  label('plural', names.plural);
  label('singular', names.singular);
  label('kind', names.kind, MIXED);
  label('listKind', names.listKind, MIXED);
  for (const [i, one] of (names.shortNames ?? []).entries()) labelItem(errors, `${path}.shortNames[${i}]`, one);
  if (names.kind && names.kind === names.listKind)
    errors.push(invalidField(`${path}.listKind`, names.listKind, 'kind and listKind may not be the same'));
  for (const [i, one] of (names.categories ?? []).entries()) labelItem(errors, `${path}.categories[${i}]`, one);
  return errors;
}

function labelItem(errors: FieldError[], field: string, value: string): void {
  const problems = dns1035LabelProblems(value);
  if (problems.length) errors.push(invalidField(field, value, problems.join(',')));
}

export function validateChoice(field: string, value: string | undefined, choices: readonly string[]): FieldError[] {
  if (!value) return [requiredField(field)];
  return choices.includes(value) ? [] : [notSupported(field, value, choices)];
}

/** As Go prints the internal form. */
function printedVersions(versions: readonly CustomResourceDefinitionVersion[]): PrintedValue {
  const type = 'apiextensions.CustomResourceDefinitionVersion';
  if (!versions.length) return new PrintedValue(`[]${type}(nil)`);
  const pointer = (name: string, value: unknown): string => `(*${name})(${value === undefined ? 'nil' : '0xc000000000'})`;
  const items = versions.map(
    ({ name, served, storage, deprecated = false, deprecationWarning, schema, subresources }) =>
      `${type}{Name:${JSON.stringify(name)}, Served:${served}, Storage:${storage}, Deprecated:${deprecated}, ` +
      `DeprecationWarning:${pointer('string', deprecationWarning)}, Schema:${pointer('apiextensions.CustomResourceValidation', schema)}, ` +
      `Subresources:${pointer('apiextensions.CustomResourceSubresources', subresources)}, ` +
      `AdditionalPrinterColumns:[]apiextensions.CustomResourceColumnDefinition(nil), SelectableFields:[]apiextensions.SelectableField(nil)}`,
  );
  return new PrintedValue(`[]${type}{${items.join(', ')}}`);
}

const immutable = (value: string, old: string, field: string): FieldError[] =>
  value === old ? [] : [invalidField(field, value, IMMUTABLE)];
