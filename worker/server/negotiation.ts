// What form an answer takes: JSON, YAML, protobuf; the object itself, a Table, or only metadata. Mirrors apiserver pkg/endpoints/handlers/negotiation.

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

const ENCODINGS: Record<string, Encoding> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
};
export const MEDIA_TYPES: Record<Encoding, string> = {
  json: JSON_TYPE,
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const SHAPES: Record<string, Shape> = { Table: 'table', PartialObjectMetadata: 'partial', PartialObjectMetadataList: 'partialList' };
const DEFAULT: Accepted = { encoding: 'json', shape: 'object', shapeVersion: '', pretty: false };

interface Clause {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
  readonly quality: number;
}

const cache = new Map<string, readonly Clause[]>();

/** `transforms` is false where only whole objects are given. Throws NotAcceptable. */
export function negotiate(
  request: HttpRequest,
  { transforms = false, protobuf = true }: { transforms?: boolean; protobuf?: boolean } = {},
): Accepted {
  const header = request.headers.get('accept');
  const pretty = isPretty(request);
  if (!header || header === JSON_TYPE || header === '*/*') return pretty ? { ...DEFAULT, pretty } : DEFAULT;
  for (const { type, params } of clausesOf(header)) {
    const encoding = type === '*/*' || type === 'application/*' ? 'json' : ENCODINGS[type];
    if (!encoding || (encoding === 'protobuf' && !protobuf)) continue;
    const as = params.get('as');
    if (as === undefined) {
      if (params.has('stream') && params.get('stream') !== 'watch') continue;
      return { encoding, shape: 'object', shapeVersion: '', pretty };
    }
    const shape = Object.hasOwn(SHAPES, as) ? SHAPES[as] : undefined;
    const version = params.get('v') ?? '';
    if (transforms && shape && params.get('g') === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1'))
      return { encoding, shape, shapeVersion: version, pretty };
  }
  throw notAcceptable(`only the following media types are accepted: ${Object.keys(ENCODINGS).join(', ')}`);
}

function clausesOf(header: string): readonly Clause[] {
  let clauses = cache.get(header);
  if (!clauses) {
    clauses = header
      .split(',')
      .map(parseClause)
      .sort((a, b) => b.quality - a.quality);
    if (cache.size > 100) cache.clear();
    cache.set(header, clauses);
  }
  return clauses;
}

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const params = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
  return { type: type.toLowerCase(), params, quality: params.has('q') ? Number(params.get('q')) : 1 };
}

/** `?pretty`, or a person's tool that did not say otherwise. */
function isPretty({ query, headers }: HttpRequest): boolean {
  if (query.has('pretty')) return query.isTrue('pretty');
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers.get('user-agent') ?? '');
}
