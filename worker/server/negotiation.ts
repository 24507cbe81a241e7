// What form an answer takes: JSON, YAML, protobuf; the object itself, a Table, or only metadata. Mirrors apiserver pkg/endpoints/handlers/negotiation and
// goautoneg.

import { notAcceptable } from '../api/status.ts';
import { JSON_TYPE } from './http.ts';
import type { HttpRequest } from './http.ts';

export type Encoding = 'json' | 'yaml' | 'protobuf';
export type Shape = 'object' | 'table' | 'partial' | 'partialList';

export interface Accepted {
  readonly encoding: Encoding;
  readonly shape: Shape;
  /** Of the shape: `v1`, `v1beta1`. */
  readonly shapeVersion: string;
  readonly pretty: boolean;
}

/** What an endpoint can give. */
export interface Endpoint {
  /** Tables and bare metadata too. */
  readonly transforms?: boolean;
  /** Objects in protobuf: not those of custom resources. */
  readonly protobuf?: boolean;
  /** A watch: YAML has no way to go on. */
  readonly stream?: boolean;
}

export const MEDIA_TYPES: Record<Encoding, string> = {
  json: JSON_TYPE,
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};
/** In the order in which upstream tries them. */
const ENCODINGS = Object.keys(MEDIA_TYPES) as Encoding[];

const SHAPES: Readonly<Record<string, Shape>> = {
  Table: 'table',
  PartialObjectMetadata: 'partial',
  PartialObjectMetadataList: 'partialList',
};
const DEFAULT: Accepted = { encoding: 'json', shape: 'object', shapeVersion: '', pretty: false };

/** Throws NotAcceptable. */
export function negotiate(request: HttpRequest, endpoint: Endpoint = {}): Accepted {
  const header = request.headers.get('accept');
  const pretty = isPretty(request);
  if (!header || header === JSON_TYPE || header === '*/*') return pretty ? { ...DEFAULT, pretty } : DEFAULT;
  const accepted = accept(header, endpoint);
  if (!accepted) throw notAcceptable(`only the following media types are accepted: ${mediaTypes(endpoint.stream).join(', ')}`);
  return pretty && !accepted.pretty ? { ...accepted, pretty } : accepted;
}

/** For a refusal: whatever is asked for, there is an answer. */
export function negotiateStatus(request: HttpRequest): Accepted {
  const header = request.headers.get('accept');
  const pretty = isPretty(request);
  const accepted = header ? (accept(header, { protobuf: true }) ?? { ...DEFAULT, pretty: true }) : DEFAULT;
  return pretty ? { ...accepted, pretty } : accepted;
}

const mediaTypes = (isStream = false): string[] =>
  isStream
    ? ENCODINGS.filter((one) => one !== 'yaml').map((one) => `${MEDIA_TYPES[one]};stream=watch`)
    : ENCODINGS.map((one) => MEDIA_TYPES[one]);

function accept(header: string, endpoint: Endpoint): Accepted | undefined {
  for (const clause of clausesOf(header)) {
    for (const encoding of ENCODINGS) {
      if (clause.type !== '*/*' && clause.type !== 'application/*' && clause.type !== MEDIA_TYPES[encoding]) continue;
      const accepted = acceptAs(clause.params, encoding, endpoint);
      if (accepted) return accepted;
    }
  }
  return undefined;
}

function acceptAs(
  params: ReadonlyMap<string, string>,
  encoding: Encoding,
  { transforms, protobuf, stream }: Endpoint,
): Accepted | undefined {
  const streamAs = params.get('stream');
  if (streamAs && (encoding === 'yaml' || streamAs !== 'watch')) return undefined;
  if (stream && encoding === 'yaml') return undefined;
  const serverVersion = params.get('sv');
  if (serverVersion && (!transforms || serverVersion !== 'v1')) return undefined;
  const pretty = params.get('pretty') === '1';
  const [as, group, version] = [params.get('as'), params.get('g'), params.get('v')];
  if (as === undefined && group === undefined && version === undefined)
    return encoding === 'protobuf' && !protobuf ? undefined : { encoding, shape: 'object', shapeVersion: '', pretty };
  const shape = as !== undefined && Object.hasOwn(SHAPES, as) ? SHAPES[as] : undefined;
  if (!transforms || !shape || group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (shape === 'table' && encoding === 'protobuf') return undefined;
  return { encoding, shape, shapeVersion: version, pretty };
}

interface Clause {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
  readonly quality: number;
}

const cache = new Map<string, readonly Clause[]>();

/** Best first; what names its type before what does not. */
export function clausesOf(header: string): readonly Clause[] {
  let clauses = cache.get(header);
  if (!clauses) {
    clauses = header
      .split(',')
      .map(parseClause)
      .sort((a, b) => b.quality - a.quality || wildcards(a.type) - wildcards(b.type));
    if (cache.size > 100) cache.clear();
    cache.set(header, clauses);
  }
  return clauses;
}

const wildcards = (type: string): number => (type.startsWith('*/') ? 2 : type.endsWith('/*') ? 1 : 0);

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const params = new Map<string, string>();
  let quality = 1;
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const [name, value] = [
      part.slice(0, equals).trim(),
      part
        .slice(equals + 1)
        .trim()
        .replaceAll('"', ''),
    ];
    if (name !== 'q') params.set(name, value);
    else if (/^\d*\.?\d+$/.test(value)) quality = Number(value);
  }
  return { type: type === '*' ? '*/*' : type, params, quality };
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** `?pretty=true`, or a person's tool that did not say otherwise. */
function isPretty({ query, headers }: HttpRequest): boolean {
  const given = query.get('pretty');
  if (given) return TRUE.has(given);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers.get('user-agent') ?? '');
}
