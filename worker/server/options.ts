// Query parameters as the options that upstream makes of them, checked in upstream's words.

import { validateFieldManager } from '../api/metadata-validation.ts';
import type { Call, DeleteOptions, ListOptions } from '../api/registry.ts';
import { EVERYTHING, parseFieldSelector, SelectorError } from '../api/selectors.ts';
import type { FieldSelector } from '../api/selectors.ts';
import type { Resource } from '../api/resource.ts';
import { badRequest, invalid } from '../api/status.ts';
import { forbiddenField, invalidField, notSupported } from '../api/field-error.ts';
import type { FieldError } from '../api/field-error.ts';
import { isRecord } from '../lib/json.ts';
import type { HttpRequest, Query } from './http.ts';
import { parseLabelSelector } from './label-selector.ts';

export type WriteOptions = Pick<Call, 'dryRun' | 'fieldManager' | 'fieldValidation'> & { readonly force: boolean };

const META = 'meta.k8s.io';
const VALIDATIONS = ['Ignore', 'Warn', 'Strict'];

export function writeOptions(
  { query }: HttpRequest,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  isApply = false,
): WriteOptions {
  const errors: FieldError[] = [];
  const manager = query.get('fieldManager');
  const force = query.get('force');
  if (kind === 'PatchOptions') {
    if (isApply && !manager) errors.push({ type: 'FieldValueRequired', field: 'fieldManager', detail: 'is required for apply patch' });
    if (!isApply && force) errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  }
  errors.push(...validateFieldManager(manager, 'fieldManager'), ...validateDryRun(query));
  const validation = query.get('fieldValidation');
  if (validation && !VALIDATIONS.includes(validation))
    errors.push(notSupported('fieldValidation', validation, ['', ...VALIDATIONS].slice(1)));
  if (errors.length) throw invalid({ group: META, kind }, '', errors);
  return {
    dryRun: query.has('dryRun') && query.get('dryRun') !== '',
    fieldManager: manager,
    fieldValidation: (validation || 'Warn') as Call['fieldValidation'],
    force: query.isTrue('force'),
  };
}

function validateDryRun(query: Query): FieldError[] {
  const values = query.all('dryRun').filter(Boolean);
  return values.some((one) => one !== 'All') ? [notSupported('dryRun', values, ['All'])] : [];
}

/** For a watch, resourceVersionMatch means something else, and is checked there. */
export function listOptions({ query }: HttpRequest, resource: Resource, namespace: string, isWatch = false): ListOptions {
  const limit = integer(query, 'limit');
  const options = {
    namespace,
    labels: labelsOf(query),
    fields: fieldsOf(query, resource),
    limit: Math.max(0, limit),
    continue: query.get('continue'),
    resourceVersion: query.get('resourceVersion'),
    resourceVersionMatch: isWatch ? '' : query.get('resourceVersionMatch'),
  };
  const errors = validateList(options);
  if (errors.length) throw invalid({ group: META, kind: 'ListOptions' }, '', errors);
  return options;
}

function validateList({ resourceVersion, resourceVersionMatch, continue: token }: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  if (resourceVersion && !/^\d+$/.test(resourceVersion)) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    );
  }
  if (token && resourceVersion && resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  if (!resourceVersionMatch) return errors;
  if (token) errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  if (!resourceVersion)
    errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan')
    errors.push(notSupported('resourceVersionMatch', resourceVersionMatch, ['Exact', 'NotOlderThan', '']));
  if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
    errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  return errors;
}

function labelsOf(query: Query): ListOptions['labels'] {
  const text = query.get('labelSelector');
  return text ? selectorOr(() => parseLabelSelector(text)) : EVERYTHING;
}

function fieldsOf(query: Query, resource: Resource): FieldSelector {
  const text = query.get('fieldSelector');
  if (!text) return [];
  const selector = selectorOr(() => parseFieldSelector(text));
  for (const { path } of selector) {
    if (path !== 'metadata.name' && path !== 'metadata.namespace' && !resource.fieldLabels?.includes(path))
      throw badRequest(unknownField(resource, path));
  }
  return selector;
}

/** Kinds with fields of their own say it in words of their own. */
function unknownField(resource: Resource, path: string): string {
  if (resource.fieldLabels?.length) return `field label not supported: ${path}`;
  return `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function selectorOr<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

export function integer(query: Query, name: string): number {
  const text = query.get(name);
  if (!text) return 0;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

const POLICIES = ['Background', 'Foreground', 'Orphan'];

/** From the body, or else from the query. */
export function deleteOptions({ query }: HttpRequest, body: Record<string, unknown> | undefined): DeleteOptions & { dryRun: boolean } {
  const given = body ?? {};
  const fromQuery = body === undefined;
  const grace = fromQuery
    ? query.has('gracePeriodSeconds')
      ? integer(query, 'gracePeriodSeconds')
      : undefined
    : number(given['gracePeriodSeconds']);
  const policy = fromQuery ? query.get('propagationPolicy') || undefined : string(given['propagationPolicy']);
  const orphan = fromQuery
    ? query.has('orphanDependents')
      ? query.isTrue('orphanDependents')
      : undefined
    : boolean(given['orphanDependents']);
  const dryRun = fromQuery ? query.all('dryRun') : Array.isArray(given['dryRun']) ? (given['dryRun'] as string[]) : [];
  const preconditions = isRecord(given['preconditions']) ? given['preconditions'] : undefined;

  const errors: FieldError[] = [];
  if (policy !== undefined && orphan !== undefined)
    errors.push(invalidField('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'));
  if (policy !== undefined && !POLICIES.includes(policy))
    errors.push(notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']));
  if (dryRun.some((one) => one !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  if (errors.length) throw invalid({ group: META, kind: 'DeleteOptions' }, '', errors);
  return {
    gracePeriodSeconds: grace,
    propagationPolicy: policy,
    orphanDependents: orphan,
    ...(preconditions && {
      preconditions: {
        ...(typeof preconditions['uid'] === 'string' && { uid: preconditions['uid'] }),
        ...(typeof preconditions['resourceVersion'] === 'string' && { resourceVersion: preconditions['resourceVersion'] }),
      },
    }),
    dryRun: dryRun.length > 0,
  };
}

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const string = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const boolean = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
