// Query parameters as the options that upstream makes of them, checked in upstream's words. Mirrors apimachinery pkg/apis/meta/v1 (conversion and
// validation) and pkg/apis/meta/internalversion.

import { forbiddenField, invalidField, notSupported, requiredField } from '../api/field-error.ts';
import type { FieldError } from '../api/field-error.ts';
import { validateFieldManager } from '../api/metadata-validation.ts';
import type { Call, DeleteOptions } from '../api/registry.ts';
import { badRequest, invalid } from '../api/status.ts';
import { isRecord } from '../lib/json.ts';
import type { HttpRequest, Query } from './http.ts';

export type WriteOptions = Pick<Call, 'dryRun' | 'fieldManager' | 'fieldValidation'> & { readonly force: boolean };

const META = 'meta.k8s.io';
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];

export function writeOptions(
  { query }: HttpRequest,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  isApply = false,
): WriteOptions {
  const errors: FieldError[] = [];
  const manager = query.get('fieldManager');
  if (kind === 'PatchOptions') {
    if (isApply && !manager) errors.push(requiredField('fieldManager', 'is required for apply patch'));
    if (!isApply && query.has('force')) errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  }
  const dryRun = query.all('dryRun');
  const validation = query.get('fieldValidation');
  errors.push(...validateFieldManager(manager, 'fieldManager'), ...validateDryRun(dryRun));
  if (!VALIDATIONS.includes(validation)) errors.push(notSupported('fieldValidation', validation, VALIDATIONS));
  if (errors.length) throw invalid({ group: META, kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: manager,
    fieldValidation: (validation || 'Warn') as Call['fieldValidation'],
    force: query.isTrue('force'),
  };
}

const validateDryRun = (values: readonly string[]): FieldError[] =>
  values.some((one) => one !== 'All') ? [notSupported('dryRun', values, ['All'])] : [];

/** A whole number of 64 bits; undefined if the parameter is not there. */
export function integer(query: Query, name: string): number | undefined {
  if (!query.has(name)) return undefined;
  const text = query.get(name);
  const refuse = (problem: string): Error => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${problem}`);
  if (!/^[+-]?\d+$/.test(text)) throw refuse('invalid syntax');
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) !== value) throw refuse('value out of range');
  return Number(value);
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

interface Deletion {
  readonly gracePeriodSeconds: number | undefined;
  readonly propagationPolicy: string | undefined;
  readonly orphanDependents: boolean | undefined;
  readonly dryRun: readonly string[];
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** From the body, or else from the query. */
export function deleteOptions(request: HttpRequest, body: Record<string, unknown> | undefined): DeleteOptions & { dryRun: boolean } {
  const given = body ? fromBody(body) : fromQuery(request.query);
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, dryRun, uid, resourceVersion } = given;
  const errors = validateDeletion(given);
  if (errors.length) throw invalid({ group: META, kind: 'DeleteOptions' }, '', errors);
  return {
    gracePeriodSeconds,
    propagationPolicy,
    orphanDependents,
    ...((uid !== undefined || resourceVersion !== undefined) && {
      preconditions: { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) },
    }),
    dryRun: dryRun.length > 0,
  };
}

function validateDeletion({ propagationPolicy, orphanDependents, dryRun }: Deletion): FieldError[] {
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined)
    errors.push(invalidField('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'));
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy))
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']));
  errors.push(...validateDryRun(dryRun));
  return errors;
}

function fromQuery(query: Query): Deletion {
  const text = (name: string): string | undefined => (query.has(name) ? query.get(name) : undefined);
  return {
    gracePeriodSeconds: integer(query, 'gracePeriodSeconds'),
    propagationPolicy: text('propagationPolicy'),
    orphanDependents: query.has('orphanDependents') ? query.isTrue('orphanDependents') : undefined,
    dryRun: query.all('dryRun'),
    uid: query.get('uid') || undefined,
    resourceVersion: query.get('resourceVersion') || undefined,
  };
}

/** The body has been read as the type DeleteOptions. */
function fromBody(body: Record<string, unknown>): Deletion {
  const preconditions = isRecord(body['preconditions']) ? body['preconditions'] : {};
  return {
    gracePeriodSeconds: body['gracePeriodSeconds'] as number | undefined,
    propagationPolicy: body['propagationPolicy'] as string | undefined,
    orphanDependents: body['orphanDependents'] as boolean | undefined,
    dryRun: (body['dryRun'] ?? []) as string[],
    uid: preconditions['uid'] as string | undefined,
    resourceVersion: preconditions['resourceVersion'] as string | undefined,
  };
}
