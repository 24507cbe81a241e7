// What a client sees when something is refused: Kubernetes' Status, with its codes, reasons and messages. Only this file makes them.
// Mirrors apimachinery pkg/api/errors.

import type { FieldError } from './field-error.ts';
import { fieldErrorMessage, NO_FIELD } from './field-error.ts';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure' | 'Success';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export class StatusError extends Error {
  readonly status: Status;
  constructor({ message, reason, details, code }: Omit<Status, 'kind' | 'apiVersion' | 'metadata' | 'status'>) {
    super(message);
    // In Go's order, which clients print as it comes.
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      ...(message !== undefined && { message }),
      ...(reason !== undefined && { reason }),
      ...(details && { details }),
      code,
    };
  }
  get code(): number {
    return this.status.code;
  }
  get reason(): string {
    return this.status.reason ?? '';
  }
}

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** `deployments.apps`, `pods`: how upstream prints a group and resource (or kind). */
export const groupResourceText = ({ group, resource }: GroupResource): string => (group ? `${resource}.${group}` : resource);

const detailsOf = ({ group, resource }: GroupResource, name: string): StatusDetails => ({
  ...(name && { name }),
  ...(group && { group }),
  kind: resource,
});

export const isStatus = (error: unknown, reason: string): error is StatusError => error instanceof StatusError && error.reason === reason;
export const isNotFound = (error: unknown): error is StatusError => isStatus(error, 'NotFound');
export const isConflict = (error: unknown): error is StatusError => isStatus(error, 'Conflict');
export const isAlreadyExists = (error: unknown): error is StatusError => isStatus(error, 'AlreadyExists');

export function notFound(of: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    details: detailsOf(of, name),
    message: `${groupResourceText(of)} ${JSON.stringify(name)} not found`,
  });
}

/** `present`: of what is there already, which may be going. */
export function alreadyExists(of: GroupResource, name: string, present: { deletionTimestamp?: string } = {}): StatusError {
  const going = present.deletionTimestamp === undefined ? '' : 'object is being deleted: ';
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    details: detailsOf(of, name),
    message: `${going}${groupResourceText(of)} ${JSON.stringify(name)} already exists`,
  });
}

export function generateNameConflict(of: GroupResource, name: string): StatusError {
  const message = `${groupResourceText(of)} ${JSON.stringify(name)} already exists, the server was not able to generate a unique name for the object`;
  return new StatusError({ code: 409, reason: 'AlreadyExists', details: { ...detailsOf(of, name), retryAfterSeconds: 1 }, message });
}

export function conflict(of: GroupResource, name: string, problem: string): StatusError {
  const message = `Operation cannot be fulfilled on ${groupResourceText(of)} ${JSON.stringify(name)}: ${problem}`;
  return new StatusError({ code: 409, reason: 'Conflict', details: detailsOf(of, name), message });
}

export function applyConflict(causes: StatusCause[], message: string): StatusError {
  return new StatusError({ code: 409, reason: 'Conflict', details: { causes }, message });
}

/** The optimistic lock failed: somebody else wrote in between. */
export const modified = (of: GroupResource, name: string): StatusError =>
  conflict(of, name, 'the object has been modified; please apply your changes to the latest version and try again');

export function forbidden(of: GroupResource, name: string, problem: string, causes?: StatusCause[]): StatusError {
  const resource = groupResourceText(of);
  const message = !resource
    ? `forbidden: ${problem}`
    : name
      ? `${resource} ${JSON.stringify(name)} is forbidden: ${problem}`
      : `${resource} is forbidden: ${problem}`;
  return new StatusError({ code: 403, reason: 'Forbidden', details: { ...detailsOf(of, name), ...(causes && { causes }) }, message });
}

/** Nothing new comes into a namespace that goes. */
export function namespaceTerminating(of: GroupResource, name: string, namespace: string): StatusError {
  const { status } = forbidden(of, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const cause = { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' };
  return new StatusError({ ...status, details: { ...status.details, causes: [cause] } });
}

/** A path, not a resource, that the user may not visit. */
export const forbiddenPath = (message: string): StatusError => new StatusError({ code: 403, reason: 'Forbidden', details: {}, message });

export const unauthorized = (message = 'Unauthorized'): StatusError => new StatusError({ code: 401, reason: 'Unauthorized', message });

export function invalid(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): StatusError {
  const subject = groupResourceText({ group: kind.group, resource: kind.kind });
  const texts = [...new Set(errors.map(fieldErrorMessage))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const causes = errors.map((error) => {
    const field = error.field || NO_FIELD;
    return { reason: error.type, message: fieldErrorMessage(error).slice(field.length + 2), field };
  });
  const message = errors.length
    ? `${subject} ${JSON.stringify(name)} is invalid: ${list}`
    : `${subject} ${JSON.stringify(name)} is invalid`;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    details: { ...detailsOf({ group: kind.group, resource: kind.kind }, name), ...(causes.length && { causes }) },
    message,
  });
}

export const badRequest = (message: string): StatusError => new StatusError({ code: 400, reason: 'BadRequest', message });

export function methodNotSupported(of: GroupResource, action: string): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    details: detailsOf(of, ''),
    message: `${action} is not supported on resources of kind ${JSON.stringify(groupResourceText(of))}`,
  });
}

export const methodNotAllowed = (): StatusError =>
  new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    details: {},
    message: 'the server does not allow this method on the requested resource',
  });

export const notAcceptable = (message: string): StatusError => new StatusError({ code: 406, reason: 'NotAcceptable', message });

export const unsupportedMediaType = (message: string): StatusError =>
  new StatusError({ code: 415, reason: 'UnsupportedMediaType', message });

export const requestEntityTooLarge = (message: string): StatusError =>
  new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: ${message}` });

/** The path leads to no resource of this server. */
export const pathNotFound = (): StatusError =>
  new StatusError({ code: 404, reason: 'NotFound', details: {}, message: 'the server could not find the requested resource' });

/** Nothing of Kubernetes: there is no such cluster. */
export const sandboxGone = (): StatusError =>
  new StatusError({
    code: 404,
    reason: 'NotFound',
    details: {},
    message: 'this sandbox does not exist: it was deleted, or its time ran out',
  });

export const expired = (message: string): StatusError => new StatusError({ code: 410, reason: 'Expired', message });

export function resourceVersionTooLarge(wanted: number, current: number): StatusError {
  const message = `Too large resource version: ${wanted}, current: ${current}`;
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
    message: `Timeout: ${message}`,
  });
}

export const tooManyRequests = (message: string, retryAfterSeconds: number, causes?: StatusCause[]): StatusError =>
  new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    ...((causes || retryAfterSeconds) && { details: { ...(causes && { causes }), ...(retryAfterSeconds && { retryAfterSeconds }) } }),
    message,
  });

export const serviceUnavailable = (message: string): StatusError => new StatusError({ code: 503, reason: 'ServiceUnavailable', message });

export const internalError = (problem: string): StatusError =>
  new StatusError({
    code: 500,
    reason: 'InternalError',
    details: { causes: [{ message: problem }] },
    message: `Internal error occurred: ${problem}`,
  });

/** An error that upstream did not make a status of: its bare text, without a reason. */
export const unknownError = (message: string): StatusError => new StatusError({ code: 500, message });
