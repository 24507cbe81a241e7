// No more events than so many a second: of all, of a namespace, of a user, or about the same object from the same source. Mirrors kubernetes
// plugin/pkg/admission/eventratelimit. What a bucket holds is kept in memory, as upstream does: an API server that begins has full ones.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import { fieldErrorMessage, invalidField, notSupported } from '../api/field-error.ts';
import type { FieldError } from '../api/field-error.ts';
import type { Event } from '../api/gen/core-v1.ts';
import { tooManyRequests } from '../api/status.ts';
import { ConfigFault, decodeConfig } from '../lib/config-file.ts';
import { struct } from '../lib/config-shape.ts';
import { aggregate, only } from './refusal.ts';

const TYPES = ['Namespace', 'Server', 'SourceAndObject', 'User'] as const;

interface Limit {
  readonly type: (typeof TYPES)[number];
  /** Events a second. */
  readonly qps: number;
  readonly burst: number;
  /** Buckets that are kept. */
  readonly cacheSize: number;
}

interface Configuration {
  readonly limits: readonly Limit[];
}

export const eventRateLimit: AdmissionPlugin<Configuration> = {
  name: 'EventRateLimit',
  operations: ['CREATE', 'UPDATE'],
  handles: only('events'),
  configure,
  validate(request, context, configuration) {
    const { operation, subresource } = request;
    if (subresource || (operation !== 'CREATE' && operation !== 'UPDATE') || context.dryRun) return;
    const caches = cachesOf(configuration);
    const reached = configuration.limits.flatMap((limit, i) => {
      const key = keyOf(limit.type, request, context);
      return take(caches[i]!, limit, key, context.now()) ? [] : [`limit reached on type ${limit.type} for key ${key}`];
    });
    if (reached.length) throw tooManyRequests(`Too many requests: ${aggregate(reached)}`, 0);
  },
};

const SCHEME = {
  name: 'pkg/admission/eventratelimit/config.go:32',
  kind: 'Configuration',
  apiVersions: ['eventratelimit.admission.k8s.io/v1alpha1'],
  shape: struct('Configuration', { limits: [struct('Limit', { type: 'string', qps: 'int32', burst: 'int32', cacheSize: 'int32' })] }),
};

const DEFAULT_CACHE_SIZE = 4096;

function configure(text: string | undefined): Configuration {
  const given = (text === undefined ? {} : decodeConfig(text, SCHEME)) as { limits?: readonly Partial<Limit>[] | null };
  const limits = (given.limits ?? []).map(({ type, qps = 0, burst = 0, cacheSize = 0 }) => ({ type: type!, qps, burst, cacheSize }));
  const errors = limits.length ? limits.flatMap(validateLimit) : [invalidField('limits', given.limits ?? null, 'must not be empty')];
  if (errors.length) throw new ConfigFault(aggregate(errors.map(fieldErrorMessage)));
  return { limits };
}

function validateLimit({ type, qps, burst, cacheSize }: Limit, i: number): FieldError[] {
  const at = `limits[${i}]`;
  return [
    ...(TYPES.includes(type) ? [] : [notSupported(`${at}.type`, type ?? '', TYPES)]),
    ...(burst > 0 ? [] : [invalidField(`${at}.burst`, burst, 'must be positive')]),
    ...(qps > 0 ? [] : [invalidField(`${at}.qps`, qps, 'must be positive')]),
    ...(type !== 'Server' && cacheSize < 0 ? [invalidField(`${at}.cacheSize`, cacheSize, 'must not be negative')] : []),
  ];
}

function keyOf(type: Limit['type'], { namespace, object }: AdmissionRequest, { user }: AdmissionContext): string {
  if (type === 'Server') return '';
  if (type === 'Namespace') return namespace;
  if (type === 'User') return user.name;
  const { source, involvedObject: about } = object as Event;
  return [source?.component, source?.host, about.kind, about.namespace, about.name, about.uid, about.apiVersion].join('');
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Least recently used first. */
type Cache = Map<string, Bucket>;

/** By what a running API server was configured with. */
const caches = new WeakMap<Configuration, Cache[]>();

function cachesOf(configuration: Configuration): readonly Cache[] {
  let known = caches.get(configuration);
  if (!known) caches.set(configuration, (known = configuration.limits.map(() => new Map())));
  return known;
}

/** One token out of the bucket of a key, if there is one. */
function take(cache: Cache, { qps, burst, cacheSize }: Limit, key: string, now: number): boolean {
  const known = cache.get(key);
  const tokens = known ? Math.min(burst, known.tokens + ((now - known.at) / 1000) * qps) : burst;
  const isAllowed = tokens >= 1;
  cache.delete(key);
  cache.set(key, { tokens: isAllowed ? tokens - 1 : tokens, at: now });
  if (cache.size > (cacheSize || DEFAULT_CACHE_SIZE)) cache.delete(cache.keys().next().value!);
  return isAllowed;
}
