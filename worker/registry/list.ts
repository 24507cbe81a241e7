// Listing: selectors, pages, and lists of the past. Mirrors the generic store's ListPredicate and etcd3's GetList.

import type { KubeObject } from '../api/object.ts';
import type { ListOptions, ListResult, Stored } from '../api/registry.ts';
import type { Resource } from '../api/resource.ts';
import { matchesFields, matchesLabels } from '../api/selectors.ts';
import { badRequest, expired, resourceVersionTooLarge } from '../api/status.ts';
import { jsonProblem } from '../lib/go-json.ts';
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../lib/text.ts';
import { CompactedError } from '../store/store.ts';
import type { Entry } from '../store/store.ts';
import { presentNow } from './core.ts';
import type { Core } from './core.ts';
import { fromStored } from './create.ts';
import { listSource } from './source.ts';

const EXPIRED_CONTINUE =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** Where a list goes on: at the same revision (-1: at the newest), after a key. */
interface Continuation {
  readonly rv: number;
  readonly start: string;
}

export function list(core: Core, resource: Resource, options: ListOptions): ListResult {
  if (resource.source) return listSource(core, resource, options);
  const continuation = options.continue ? decodeContinue(options.continue) : undefined;
  const revision = revisionOf(core, options, continuation);
  const prefix = resource.namespaced && options.namespace ? `${options.namespace}/` : '';
  const after = continuation && `${prefix}${continuation.start}`.replace(/\0$/, '');
  const passes = filterOf(resource, options);
  const isSelective = options.labels.requirements.length > 0 || options.fields.length > 0 || Boolean(options.labels.nothing);
  const items: Stored[] = [];
  let last: string | undefined = after;
  let rest = false;
  for (;;) {
    const page = readPage(core, resource, revision, {
      prefix,
      ...(last !== undefined && { after: last }),
      ...(options.limit > 0 && { limit: Math.max(options.limit + 1, 100) }),
    });
    for (const entry of page) {
      // Whether what is left passes the selectors, upstream does not look.
      if (options.limit > 0 && items.length === options.limit) {
        rest = true;
        break;
      }
      // Without selectors nobody looks at values: texts are all that a list is made of.
      if (isSelective && !passes(fromStored(resource, entry.value))) {
        last = entry.key;
        continue;
      }
      items.push(presentNow(core, resource, entry));
      last = entry.key;
    }
    if (rest || !options.limit || !page.length) break;
  }
  if (!rest) return { items, revision, continue: '', remaining: undefined };
  const token: Continuation = { rv: revision, start: `${last!.slice(prefix.length)}\0` };
  const isFiltered = options.labels.requirements.length > 0 || options.fields.length > 0;
  return {
    items,
    revision,
    continue: encodeContinue(token),
    remaining: isFiltered ? undefined : core.store.countAt(resource.bucket, revision, { prefix, after: last! }),
  };
}

/** Whether an object passes the options' selectors. */
export function filterOf(resource: Resource, { labels, fields }: Pick<ListOptions, 'labels' | 'fields'>): (object: KubeObject) => boolean {
  if (!labels.requirements.length && !fields.length && !labels.nothing) return () => true;
  return (object) =>
    matchesLabels(labels, object.metadata.labels) && (!fields.length || matchesFields(fields, selectableFields(resource, object)));
}

export function selectableFields(resource: Resource, object: KubeObject): Record<string, string> {
  const { name, namespace } = object.metadata;
  return {
    'metadata.name': name,
    ...(resource.namespaced && { 'metadata.namespace': namespace ?? '' }),
    ...resource.selectableFields?.(object),
  };
}

function readPage(
  core: Core,
  resource: Resource,
  revision: number,
  range: { prefix: string; after?: string; limit?: number },
): Entry<KubeObject>[] {
  try {
    return core.store.listAt<KubeObject>(resource.bucket, revision, range);
  } catch (error) {
    if (error instanceof CompactedError) throw expired('The resourceVersion for the provided list is too old.');
    throw error;
  }
}

function revisionOf(core: Core, options: ListOptions, continuation: Continuation | undefined): number {
  const { revision: newest, compactedRevision } = core.store;
  const { resourceVersion, resourceVersionMatch: match, limit } = options;
  if (continuation) {
    if (resourceVersion && resourceVersion !== '0') throw badRequest('specifying resource version is not allowed when using continue');
    if (continuation.rv < 0) return newest;
    if (continuation.rv < compactedRevision) {
      const error = expired(EXPIRED_CONTINUE);
      (error.status as { metadata: object }).metadata = { continue: encodeContinue({ rv: -1, start: continuation.start }) };
      throw error;
    }
    return continuation.rv;
  }
  const wanted = resourceVersion ? Number(resourceVersion) : 0;
  if (wanted > newest) throw resourceVersionTooLarge(wanted, newest);
  // Without a word of how, a page is of exactly the revision that is named.
  if (wanted && (match === 'Exact' || (!match && limit > 0))) {
    if (wanted < compactedRevision) throw expired('The resourceVersion for the provided list is too old.');
    return wanted;
  }
  return newest;
}

const encodeContinue = ({ rv, start }: Continuation): string => toBase64Url(utf8(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start })));

function decodeContinue(token: string): Continuation {
  const bytes = fromBase64Url(token.replace(/=+$/, ''));
  const refuse = (problem: string): Error => badRequest(`invalid continue token: continue key is not valid: ${problem}`);
  if (!bytes) throw refuse('illegal base64 data');
  let parsed: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    parsed = JSON.parse(fromUtf8(bytes)) as typeof parsed;
  } catch (error) {
    throw refuse(jsonProblem(bytes) ?? (error as Error).message);
  }
  if (parsed?.v !== 'meta.k8s.io/v1') throw refuse(`server does not recognize this encoded version ${JSON.stringify(parsed?.v ?? '')}`);
  if (typeof parsed.rv !== 'number' || parsed.rv === 0) throw refuse('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof parsed.start !== 'string' || parsed.start === '') throw refuse('encoded start key empty (version meta.k8s.io/v1)');
  return { rv: parsed.rv, start: parsed.start };
}
