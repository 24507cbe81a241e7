// Reads a KubeSchedulerConfiguration file. What is wrong with it is thrown in the words in which kube-scheduler refuses to start.

import { fieldErrorMessage } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { ConfigFault, readConfig, refuseStrictly } from '../../lib/config-file.ts';
import { isRecord } from '../../lib/json.ts';
import { mergePlugins } from './defaults.ts';
import { PLUGIN_ARGS } from './plugin-args.ts';
import type { ArgsKind } from './plugin-args.ts';
import { checkShape, ShapeError } from '../../lib/config-shape.ts';
import { parseDuration } from '../../lib/time.ts';
import { API_VERSION, CONFIG_SHAPE, EXTENSION_POINTS, KIND } from './types.ts';
import type { ExtenderConfig, ProfileConfig, RawConfig, RawExtender, RawProfile, SchedulerConfig } from './types.ts';
import { validateConfig } from './validation.ts';

/** kube-scheduler would not start: its message. */
export class ConfigError extends Error {}

const SCHEME = { name: 'pkg/scheduler/apis/config/scheme/scheme.go:30', kind: KIND, apiVersions: [API_VERSION], shape: CONFIG_SHAPE };

/** What it runs with when no file is given. */
export const defaultConfig = (minor: number): SchedulerConfig => complete({}, minor);

/** Throws ConfigError. */
export const loadConfig = (text: string, minor: number): SchedulerConfig => complete(decode(text), minor);

function decode(text: string): RawConfig {
  try {
    const { value, strict } = readConfig(text, SCHEME);
    const raw = withoutNulls(value) as RawConfig;
    refuseStrictly([...strict, ...decodeArgs(raw)]);
    return raw;
  } catch (error) {
    throw error instanceof ConfigFault ? new ConfigError(error.message) : error;
  }
}

/** To Go, a field that is null was not given. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutNulls(one) ?? {});
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (one === null ? [] : [[key, withoutNulls(one)]])));
}

/** Arguments of plugins that are not in the tree are nobody's business here. */
function decodeArgs({ profiles = [] }: RawConfig): string[] {
  const strict: string[] = [];
  for (const [i, { pluginConfig = [] }] of profiles.entries()) {
    for (const [j, { name = '', args }] of pluginConfig.entries()) {
      const kind = PLUGIN_ARGS.get(name);
      if (!kind) continue;
      const where = `decoding .profiles[${i}].pluginConfig[${j}]: `;
      const inside = `${where}decoding args for plugin ${name}: `;
      const given = isRecord(args) ? args['kind'] : undefined;
      if (given !== undefined && given !== kind.shape.go)
        throw new ConfigError(
          `${where}args for plugin ${name} were not of type ${kind.shape.go}.kubescheduler.config.k8s.io, got ${String(given)}.kubescheduler.config.k8s.io`,
        );
      const unknown = unknownArgs(args, kind, inside);
      if (unknown.length) strict.push(`${inside}strict decoding error: ${unknown.map((path) => `unknown field "${path}"`).join(', ')}`);
    }
  }
  return strict;
}

function unknownArgs(args: unknown, { shape }: ArgsKind, prefix: string): string[] {
  try {
    return checkShape(args, shape);
  } catch (error) {
    throw error instanceof ShapeError ? new ConfigError(prefix + error.message) : error;
  }
}

function complete(raw: RawConfig, minor: number): SchedulerConfig {
  const given: readonly RawProfile[] = raw.profiles?.length ? raw.profiles : [{}];
  const profiles = given.map((profile) => completeProfile(profile, given.length === 1, minor));
  const errors = validateConfig(raw, profiles);
  if (errors.length) throw new ConfigError(aggregate(errors));
  return {
    percentageOfNodesToScore: raw.percentageOfNodesToScore ?? 0,
    initialBackoffMs: (raw.podInitialBackoffSeconds ?? 1) * 1000,
    maxBackoffMs: (raw.podMaxBackoffSeconds ?? 10) * 1000,
    profiles,
    extenders: (raw.extenders ?? []).map(completeExtender),
  };
}

/** As Go prints several errors: each once, in brackets. */
export function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorMessage))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

function completeProfile(
  { schedulerName, percentageOfNodesToScore, plugins, pluginConfig = [] }: RawProfile,
  isOnly: boolean,
  minor: number,
): ProfileConfig {
  const merged = mergePlugins(plugins ?? undefined, minor);
  const names = new Set([...EXTENSION_POINTS, 'multiPoint' as const].flatMap((point) => merged[point].enabled.map(({ name }) => name)));
  const args = new Map<string, object>();
  for (const [name, kind] of PLUGIN_ARGS) {
    const given = pluginConfig.find((one) => one.name === name);
    if (given || names.has(name)) args.set(name, kind.complete((given?.args ?? {}) as never));
  }
  return { schedulerName: schedulerName ?? (isOnly ? 'default-scheduler' : ''), percentageOfNodesToScore, plugins: merged, args };
}

const EXTENDER_TIMEOUT_MS = 5000;

function completeExtender({ managedResources = [], httpTimeout = '', tlsConfig = {}, ...given }: RawExtender): ExtenderConfig {
  if (tlsConfig.insecure && (tlsConfig.caFile || tlsConfig.caData))
    throw new ConfigError("couldn't build extenders: specifying a root certificates file with the insecure flag is not allowed");
  return {
    urlPrefix: '',
    filterVerb: '',
    preemptVerb: '',
    prioritizeVerb: '',
    bindVerb: '',
    weight: 0,
    nodeCacheCapable: false,
    ignorable: false,
    ...given,
    timeoutMs: parseDuration(httpTimeout) || EXTENDER_TIMEOUT_MS,
    managedResources: managedResources.map(({ name = '', ignoredByScheduler = false }) => ({ name, ignoredByScheduler })),
  };
}
