// The query of a list, a watch or the deletion of a collection: selectors, pages, resource versions. Mirrors apimachinery pkg/apis/meta/internalversion
// (conversion, defaults, validation) and the handlers' listOpts.

import { fieldErrorMessage, forbiddenField, invalidField, notSupported } from '../api/field-error.ts';
import type { FieldError } from '../api/field-error.ts';
import type { ListOptions } from '../api/registry.ts';
import type { Resource } from '../api/resource.ts';
import { EVERYTHING, parseFieldSelector, SelectorError } from '../api/selectors.ts';
import type { FieldSelector, LabelSelector } from '../api/selectors.ts';
import { badRequest, invalid, StatusError } from '../api/status.ts';
import type { HttpRequest } from './http.ts';
import { parseLabelSelector } from '../api/label-selector.ts';
import { integer } from './options.ts';
import type { RequestInfo } from './request-info.ts';

export interface WatchOptions extends ListOptions {
  /** Everything there is comes first. */
  readonly sendInitialEvents: boolean;
  readonly allowWatchBookmarks: boolean;
  /** 0 if the client does not say. */
  readonly timeoutSeconds: number;
}

/** All parameters are read before any is checked. `isWatch` is what the path or the query says. */
export function listOptions(request: HttpRequest, info: RequestInfo, resource: Resource, isWatch = false): WatchOptions {
  const { query } = request;
  const timeoutSeconds = integer(query, 'timeoutSeconds') ?? 0;
  const limit = Math.max(0, integer(query, 'limit') ?? 0);
  const given: Given = {
    isWatch,
    resourceVersion: query.get('resourceVersion'),
    match: query.get('resourceVersionMatch'),
    continue: query.get('continue'),
    sendInitialEvents: query.has('sendInitialEvents') ? query.isTrue('sendInitialEvents') : undefined,
  };
  const labels = query.get('labelSelector') ? readSelector(() => parseLabelSelector(query.get('labelSelector'))) : EVERYTHING;
  const selected = query.get('fieldSelector') ? readSelector(() => parseFieldSelector(query.get('fieldSelector'))) : [];
  const errors = isWatch ? validateWatch(given) : validateList(given);
  if (errors.length) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  const fields = withName(info, resource, selected);
  checkRevision(given);

  const isLegacy = given.resourceVersion === '' || given.resourceVersion === '0';
  return {
    namespace: resource.namespaced ? info.namespace : '',
    labels,
    fields,
    // What may be as old as it likes comes from the cache, whole.
    limit: given.resourceVersion === '0' && given.match !== 'Exact' && !given.continue ? 0 : limit,
    continue: given.continue,
    resourceVersion: given.resourceVersion,
    resourceVersionMatch: isWatch ? '' : given.match,
    sendInitialEvents: given.sendInitialEvents ?? (isLegacy && given.match === ''),
    allowWatchBookmarks: query.isTrue('allowWatchBookmarks'),
    timeoutSeconds,
  };
}

interface Given {
  readonly isWatch: boolean;
  readonly resourceVersion: string;
  readonly match: string;
  readonly continue: string;
  readonly sendInitialEvents: boolean | undefined;
}

const MATCH = 'resourceVersionMatch';

function validateList({ resourceVersion, match, continue: token, sendInitialEvents }: Given): FieldError[] {
  const errors: FieldError[] = [];
  if (match) {
    if (!resourceVersion) errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (token) errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(forbiddenField(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (sendInitialEvents !== undefined) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function validateWatch({ match, continue: token, sendInitialEvents }: Given): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(forbiddenField(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (match) {
    if (sendInitialEvents === undefined)
      errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
    if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
    if (token) errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
  }
  return errors;
}

/** Parses as storage does, which is after everything else was checked. */
function checkRevision({ isWatch, resourceVersion, continue: token }: Given): void {
  const problem = revisionProblem(resourceVersion);
  if (token && !isWatch) return;
  if (problem === undefined) return;
  throw isWatch ? unparsedRevision(problem) : badRequest(`invalid resource version: ${problem}`);
}

/** What is wrong with a resource version, if anything. */
export function revisionProblem(text: string): string | undefined {
  if (text === '' || (/^\d+$/.test(text) && BigInt(text) < 1n << 64n)) return undefined;
  const problem = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  return fieldErrorMessage(invalidField('resourceVersion', text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`));
}

/**
 * A resource version that a get or a watch cannot read.
 * Differs: upstream's storage refuses it without a Status, which comes out as 500; it is the client's fault, so 400 it is, with the same words.
 */
export const unparsedRevision = (problem: string): StatusError => new StatusError({ code: 400, message: problem });

/** A list of one name: as the path or a field selector has it, not both differently. */
function withName({ name }: RequestInfo, resource: Resource, fields: FieldSelector): FieldSelector {
  for (const { path } of fields) checkFieldLabel(resource, path);
  if (!name) return fields;
  if (!fields.length) return [{ path: 'metadata.name', value: name, negated: false }];
  const selected = fields.find(({ path, negated }) => path === 'metadata.name' && !negated);
  if (selected?.value !== name) throw badRequest("fieldSelector metadata.name doesn't match requested name");
  return fields;
}

function checkFieldLabel(resource: Resource, path: string): void {
  const hasOwnLabels = resource.decode !== undefined || (resource.fieldLabels?.length ?? 0) > 0;
  if (path === 'metadata.name' || resource.fieldLabels?.includes(path)) return;
  if (path === 'metadata.namespace' && (resource.namespaced || !hasOwnLabels)) return;
  const words = UNKNOWN_FIELD[`${resource.group}/${resource.resource}`];
  if (words) throw badRequest(words(path));
  if (hasOwnLabels) throw badRequest(`field label not supported: ${path}`);
  throw badRequest(`${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

/** Kinds that say it in words of their own. */
const UNKNOWN_FIELD: Readonly<Record<string, (path: string) => string>> = {
  'batch/jobs': (path) => `field label ${JSON.stringify(path)} not supported for Job`,
  'resource.k8s.io/resourceslices': (path) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${path}`,
};

function readSelector<T extends LabelSelector | FieldSelector>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}
