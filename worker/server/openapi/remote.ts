// What servers behind APIServices publish of their kinds, among what this server publishes. Mirrors kube-aggregator pkg/controllers/openapiv3/aggregator, and for
// version 2 kube-openapi pkg/aggregator.

import { canonicalJson } from '../../lib/json.ts';
import type { PublishedKinds, RemoteVersion, Server } from '../context.ts';
import type { Schema } from './definitions.ts';
import { encodeSwagger } from './version-2-protobuf.ts';

const foreign = (server: Server): RemoteVersion[] => server.remotes.all().filter(({ isSimulated }) => !isSimulated);

/** Documents of version 3, by their names: whose they are, and where that one says they are. */
export function remoteDocuments(server: Server): Map<string, { readonly remote: RemoteVersion; readonly url: string }> {
  const found = new Map<string, { readonly remote: RemoteVersion; readonly url: string }>();
  for (const remote of foreign(server))
    for (const [key, url] of Object.entries(remote.documents())) if (!found.has(key)) found.set(key, { remote, url });
  return found;
}

export const remoteKinds = (server: Server): PublishedKinds[] => foreign(server).flatMap((remote) => remote.publishedKinds() ?? []);

/** Paths, and what they refer to. */
export interface SwaggerPart {
  readonly paths: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly parameters: Readonly<Record<string, Schema>>;
}

/** What `known` lacks of `given`. What has the name of something else there gets another one; undefined if it is no such document. */
export function missingPart(known: SwaggerPart, given: PublishedKinds): SwaggerPart | undefined {
  const [definitions, parameters] = (['definitions', 'parameters'] as const).map((field) => renamed(known[field], given[field] as Named));
  const references = new Map([
    ...definitions!.names.map(([from, to]) => [`#/definitions/${from}`, `#/definitions/${to}`] as const),
    ...parameters!.names.map(([from, to]) => [`#/parameters/${from}`, `#/parameters/${to}`] as const),
  ]);
  const paths = Object.entries(given.paths as Named).filter(([path]) => !Object.hasOwn(known.paths, path));
  const part = withReferences(
    { paths: Object.fromEntries(paths), definitions: definitions!.added, parameters: parameters!.added },
    references,
  );
  try {
    encodeSwagger(part as SwaggerPart);
    return part as SwaggerPart;
  } catch {
    return undefined;
  }
}

type Named = Readonly<Record<string, Schema>>;

/** What is new, under names that are free, and what was given another name. */
function renamed(known: Named, given: Named): { readonly added: Named; readonly names: readonly (readonly [from: string, to: string])[] } {
  const added: [string, Schema][] = [];
  const names: [string, string][] = [];
  for (const [name, schema] of Object.entries(given)) {
    let free = name;
    for (let i = 2; Object.hasOwn(known, free) && !isSame(known[free]!, schema); i++) free = `${name}_v${i}`;
    if (free !== name) names.push([name, free]);
    if (!Object.hasOwn(known, free)) added.push([free, schema]);
  }
  return { added: Object.fromEntries(added), names };
}

/** Whichever kinds they belong to. */
function isSame(a: Schema, b: Schema): boolean {
  const text = ({ 'x-kubernetes-group-version-kind': _kinds, ...rest }: Schema): string => canonicalJson(rest);
  return text(a) === text(b);
}

function withReferences(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => withReferences(one, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === '$ref' && typeof one === 'string' ? (names.get(one) ?? one) : withReferences(one, names),
    ]),
  );
}
