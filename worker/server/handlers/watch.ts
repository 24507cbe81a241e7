// GET with ?watch: changes as they come, one after the other: JSON documents a line each, or protobuf messages behind their lengths. Mirrors apiserver
// pkg/endpoints/handlers/watch.go.

import type { KubeObject } from '../../api/object.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Resource } from '../../api/resource.ts';
import { matchesFields, matchesLabels } from '../../api/selectors.ts';
import type { Status } from '../../api/status.ts';
import type { WatchFormat, WatchRequest } from '../../api/watch.ts';
import { BYTES, ProtobufWriter } from '../../lib/protobuf.ts';
import { renderingOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { StreamReply } from '../http.ts';
import { listOptions } from '../list-options.ts';
import type { WatchOptions } from '../list-options.ts';
import { MEDIA_TYPES } from '../negotiation.ts';
import { includeObject, protobufOf } from '../render.ts';
import type { Rendering } from '../render.ts';
import { partialOf, toTable } from '../table.ts';

/** Without timeoutSeconds, a watch lasts between this and twice this; upstream draws lots. */
const MIN_TIMEOUT_MS = 30 * 60_000;

export function watch(context: HandlerContext): StreamReply {
  const { server, request, info, resource } = context;
  const rendering = renderingOf(context, { stream: true });
  const options = listOptions(request, info, resource, true);
  const { resourceVersion, timeoutSeconds, allowWatchBookmarks, sendInitialEvents } = options;
  const isLegacy = resourceVersion === '' || resourceVersion === '0';
  const { encoding, shape } = rendering.accepted;
  const watchRequest: WatchRequest = {
    resource,
    namespace: options.namespace,
    filter: filterOf(resource, options),
    after: isLegacy ? server.registry.revision : Number(resourceVersion),
    initial: sendInitialEvents,
    bookmarkAfterInitial: sendInitialEvents && allowWatchBookmarks,
    bookmarks: allowWatchBookmarks,
    timeoutMs: timeoutSeconds > 0 ? timeoutSeconds * 1000 : MIN_TIMEOUT_MS + (server.registry.revision % 1800) * 1000,
    format:
      shape === 'table'
        ? tableFormat(context, rendering)
        : encoding === 'protobuf'
          ? protobufFormat(resource, rendering)
          : jsonFormat(resource, rendering),
  };
  // Conversions that have to be waited for are waited for now.
  if (sendInitialEvents && resource.conversion?.ready) server.registry.list(resource, { namespace: options.namespace });
  const type = encoding === 'json' ? MEDIA_TYPES.json : `${MEDIA_TYPES[encoding]};stream=watch`;
  return {
    status: 200,
    headers: { 'content-type': type },
    open: (sink) => server.watches.open(watchRequest, server.metrics.countingEvents(sink, resource)),
  };
}

function filterOf(resource: Resource, { labels, fields }: WatchOptions): ((object: KubeObject) => boolean) | undefined {
  if (!labels.requirements.length && !fields.length) return undefined;
  const passesLabels = labels.requirements.length > 0;
  return (object) =>
    (!passesLabels || matchesLabels(labels, object.metadata.labels)) &&
    (!fields.length || matchesFields(fields, fieldsOf(resource, object)));
}

const fieldsOf = (resource: Resource, object: KubeObject): Record<string, string> => ({
  'metadata.name': object.metadata.name,
  'metadata.namespace': object.metadata.namespace ?? '',
  ...resource.selectableFields?.(object),
});

/** An object with nothing but the revision that the watcher has come to. */
function bookmarkOf(resource: Resource, revision: number, endOfInitial: boolean): KubeObject {
  const metadata = {
    resourceVersion: String(revision),
    ...(endOfInitial && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  };
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata } as unknown as KubeObject;
}

const line = (type: string, object: string): string => `{"type":"${type}","object":${object}}\n`;
const errorLine = (status: object): string => line('ERROR', JSON.stringify(status));

function jsonFormat(resource: Resource, { accepted: { shape, shapeVersion } }: Rendering): WatchFormat {
  if (shape === 'object') {
    return {
      key: `json ${apiVersionOf(resource)}`,
      event: (type, _object, text) => line(type, text),
      bookmark: (revision, end) => line('BOOKMARK', JSON.stringify(bookmarkOf(resource, revision, end))),
      error: errorLine,
    };
  }
  const partial = (object: KubeObject): string => JSON.stringify(partialOf(object, shapeVersion));
  return {
    key: `partial ${shapeVersion}`,
    event: (type, object) => line(type, partial(object)),
    bookmark: (revision, end) => line('BOOKMARK', partial(bookmarkOf(resource, revision, end))),
    error: errorLine,
  };
}

/** A WatchEvent, not in an envelope but with an envelope in it, behind its length in four bytes. */
function protobufFormat(resource: Resource, { accepted: { shape, shapeVersion }, types }: Rendering): WatchFormat {
  const encode = (object: KubeObject): Uint8Array =>
    shape === 'object'
      ? protobufOf(object, resource.schema)
      : protobufOf(partialOf(object, shapeVersion), types('meta.v1.PartialObjectMetadata'));
  return {
    key: `protobuf ${shape} ${shapeVersion} ${apiVersionOf(resource)}`,
    event: (type, object) => frame(type, encode(object)),
    bookmark: (revision, end) => frame('BOOKMARK', encode(bookmarkOf(resource, revision, end))),
    error: (status) => frame('ERROR', protobufOf(status as Status, types('meta.v1.Status'))),
  };
}

function frame(type: string, object: Uint8Array): Uint8Array {
  const writer = new ProtobufWriter();
  writer.raw(new Uint8Array(LENGTH_BYTES));
  writer.tag(1, BYTES);
  writer.string(type);
  writer.tag(2, BYTES);
  const start = writer.begin();
  writer.tag(1, BYTES);
  writer.bytes(object);
  writer.end(start);
  const bytes = writer.finish();
  new DataView(bytes.buffer).setUint32(0, bytes.length - LENGTH_BYTES);
  return bytes;
}

const LENGTH_BYTES = 4;

/** The columns come with the first event only, so that no two watches are alike. */
function tableFormat({ server, request, resource }: HandlerContext, { accepted: { shapeVersion } }: Rendering): WatchFormat {
  const include = includeObject(request);
  let isFirst = true;
  const table = (object: KubeObject, asRow: boolean): string => {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const options = { version: shapeVersion, include, now: server.now(), withColumns: isFirst };
    const whole = asRow
      ? toTable(resource, [object], metadata, options)
      : { ...toTable(resource, [], metadata, options), rows: [{ cells: [], object: partialOf(object, shapeVersion) }] };
    isFirst = false;
    return JSON.stringify(whole);
  };
  return {
    key: '',
    event: (type, object) => line(type, table(object, true)),
    bookmark: (revision, end) => line('BOOKMARK', table(bookmarkOf(resource, revision, end), false)),
    error: errorLine,
  };
}
