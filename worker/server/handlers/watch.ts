// GET with ?watch: changes as they come, one JSON document a line. Mirrors apiserver pkg/endpoints/handlers/watch.go.

import type { KubeObject } from '../../api/object.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Resource } from '../../api/resource.ts';
import { matchesFields, matchesLabels } from '../../api/selectors.ts';
import { badRequest, invalid } from '../../api/status.ts';
import { forbiddenField } from '../../api/field-error.ts';
import type { WatchFormat, WatchRequest } from '../../api/watch.ts';
import type { HandlerContext } from '../context.ts';
import type { StreamReply } from '../http.ts';
import { negotiate } from '../negotiation.ts';
import type { Accepted } from '../negotiation.ts';
import { integer, listOptions } from '../options.ts';
import { includeObject } from '../render.ts';
import { partialOf, toTable } from '../table.ts';

/** Without timeoutSeconds, a watch lasts between this and twice this; upstream draws lots. */
const MIN_TIMEOUT_MS = 30 * 60_000;

export function watch({ server, request, info, resource }: HandlerContext): StreamReply {
  const accepted = negotiate(request, { transforms: true, protobuf: false });
  const { query } = request;
  const options = listOptions(request, resource, info.namespace, true);
  const initialRequested = query.has('sendInitialEvents') ? query.isTrue('sendInitialEvents') : undefined;
  checkStreamingList(query.get('resourceVersionMatch'), initialRequested);
  const revision = options.resourceVersion;
  const { labels, fields } = options;
  const isFiltered = labels.requirements.length > 0 || fields.length > 0;
  const name = info.name;
  const seconds = integer(query, 'timeoutSeconds');
  const watchRequest: WatchRequest = {
    resource,
    namespace: resource.namespaced ? info.namespace : '',
    filter: isFiltered
      ? (object) => matchesLabels(labels, object.metadata.labels) && matchesFields(fields, fieldsOf(resource, object))
      : name
        ? (object) => object.metadata.name === name
        : undefined,
    after: revision === '' || revision === '0' ? server.registry.revision : Number(revision),
    initial: initialRequested ?? (revision === '' || revision === '0'),
    bookmarkAfterInitial: initialRequested === true && query.isTrue('allowWatchBookmarks'),
    bookmarks: query.isTrue('allowWatchBookmarks'),
    timeoutMs: seconds > 0 ? seconds * 1000 : MIN_TIMEOUT_MS + (server.registry.revision % 1800) * 1000,
    format: formatOf(resource, accepted, () => server.now(), accepted.shape === 'table' ? includeObject(request) : 'Metadata'),
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, open: (sink) => server.watches.open(watchRequest, sink) };
}

const fieldsOf = (resource: Resource, object: KubeObject): Record<string, string> => ({
  'metadata.name': object.metadata.name,
  'metadata.namespace': object.metadata.namespace ?? '',
  ...resource.selectableFields?.(object),
});

function checkStreamingList(match: string, initial: boolean | undefined): void {
  const refuse = (field: string, detail: string): never => {
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [forbiddenField(field, detail)]);
  };
  if (initial === undefined) {
    if (match) refuse('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    return;
  }
  if (match !== 'NotOlderThan') refuse('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
}

function formatOf(resource: Resource, accepted: Accepted, now: () => number, include: 'None' | 'Metadata' | 'Object'): WatchFormat {
  const apiVersion = apiVersionOf(resource);
  const bookmarkObject = (revision: number, endOfInitial: boolean): KubeObject =>
    ({
      kind: resource.kind,
      apiVersion,
      metadata: { resourceVersion: String(revision), ...(endOfInitial && { annotations: { 'k8s.io/initial-events-end': 'true' } }) },
    }) as unknown as KubeObject;
  const line = (type: string, object: string): string => `{"type":"${type}","object":${object}}\n`;
  const error = (status: object): string => line('ERROR', JSON.stringify(status));
  if (accepted.encoding !== 'json') throw badRequest('watches are served as JSON');

  if (accepted.shape === 'object') {
    return {
      key: `json ${apiVersion}`,
      event: (type, _object, text) => line(type, text),
      bookmark: (revision, end) => line('BOOKMARK', JSON.stringify(bookmarkObject(revision, end))),
      error,
    };
  }
  if (accepted.shape !== 'table') {
    return {
      key: `partial ${accepted.shapeVersion}`,
      event: (type, object) => line(type, JSON.stringify(partialOf(object, accepted.shapeVersion))),
      bookmark: (revision, end) => line('BOOKMARK', JSON.stringify(partialOf(bookmarkObject(revision, end), accepted.shapeVersion))),
      error,
    };
  }
  let first = true;
  const table = (object: KubeObject): string => {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const text = JSON.stringify(
      toTable(resource, [object], metadata, { version: accepted.shapeVersion, include, now: now(), withColumns: first }),
    );
    first = false;
    return text;
  };
  return {
    key: '',
    event: (type, object) => line(type, table(object)),
    bookmark: (revision, end) =>
      line(
        'BOOKMARK',
        JSON.stringify({
          ...toTable(
            resource,
            [],
            { resourceVersion: String(revision) },
            { version: accepted.shapeVersion, include, now: now(), withColumns: first },
          ),
          rows: [{ cells: [], object: bookmarkObject(revision, end) }],
        }),
      ),
    error,
  };
}
