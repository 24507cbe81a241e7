// Reads a KubeSchedulerConfiguration file. What is wrong with it is thrown in the words in which kube-scheduler refuses to start.

import { parseDocument } from 'yaml';
import { fieldErrorMessage } from '../../api/field-error.ts';
import { isRecord } from '../../lib/json.ts';
import { mergePlugins } from './defaults.ts';
import { PLUGIN_ARGS } from './plugin-args.ts';
import { checkShape, ShapeError } from '../../lib/config-shape.ts';
import { parseDuration } from '../../lib/time.ts';
import { API_VERSION, CONFIG_SHAPE, EXTENSION_POINTS, KIND } from './types.ts';
import type { ExtenderConfig, ProfileConfig, RawConfig, RawExtender, RawProfile, SchedulerConfig } from './types.ts';
import { validateConfig } from './validation.ts';

/** kube-scheduler would not start: its message. */
export class ConfigError extends Error {}

const SCHEME = 'pkg/scheduler/apis/config/scheme/scheme.go:30';

/** What it runs with when no file is given. */
export const defaultConfig = (minor: number): SchedulerConfig => complete({}, minor);

/** Throws ConfigError. */
export function loadConfig(text: string, minor: number): SchedulerConfig {
  const raw = decode(text);
  const strict = [...decodeShape(raw), ...decodeArgs(raw)];
  if (strict.length) throw new ConfigError(`strict decoding error: ${strict.join(', ')}`);
  return complete(raw, minor);
}

function decode(text: string): RawConfig {
  const document = parseDocument(text, { uniqueKeys: true, schema: 'core' });
  const [problem] = document.errors;
  if (problem) {
    const line = problem.linePos?.[0].line ?? 1;
    if (problem.code === 'DUPLICATE_KEY')
      throw new ConfigError(`strict decoding error: yaml: unmarshal errors:\n  line ${line}: key already set in map`);
    throw new ConfigError(`couldn't get version/kind; json parse error: yaml: line ${line}: ${problem.message.split('\n')[0]}`);
  }
  const raw: unknown = document.toJS();
  if (!isRecord(raw)) throw new ConfigError(`Object 'Kind' is missing in '${text.trim()}'`);
  const { kind, apiVersion } = raw;
  if (!kind) throw new ConfigError(`Object 'Kind' is missing in '${JSON.stringify(raw)}'`);
  if (!apiVersion) throw new ConfigError(`Object 'apiVersion' is missing in '${JSON.stringify(raw)}'`);
  if (kind !== KIND || apiVersion !== API_VERSION)
    throw new ConfigError(`no kind "${String(kind)}" is registered for version "${String(apiVersion)}" in scheme "${SCHEME}"`);
  return raw as RawConfig;
}

const decodeShape = (raw: RawConfig): string[] =>
  orConfigError('', () => checkShape(raw, CONFIG_SHAPE)).map((path) => `unknown field "${path}"`);

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
      const unknown = orConfigError(inside, () => checkShape(args, kind.shape));
      if (unknown.length) strict.push(`${inside}strict decoding error: ${unknown.map((path) => `unknown field "${path}"`).join(', ')}`);
    }
  }
  return strict;
}

function orConfigError<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ShapeError ? new ConfigError(prefix + error.message) : error;
  }
}

function complete(raw: RawConfig, minor: number): SchedulerConfig {
  const given: readonly RawProfile[] = raw.profiles?.length ? raw.profiles : [{}];
  const profiles = given.map((profile) => completeProfile(profile, given.length === 1, minor));
  const errors = validateConfig(raw, profiles);
  if (errors.length) {
    const texts = [...new Set(errors.map(fieldErrorMessage))];
    throw new ConfigError(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`);
  }
  return {
    percentageOfNodesToScore: raw.percentageOfNodesToScore ?? 0,
    initialBackoffMs: (raw.podInitialBackoffSeconds ?? 1) * 1000,
    maxBackoffMs: (raw.podMaxBackoffSeconds ?? 10) * 1000,
    profiles,
    extenders: (raw.extenders ?? []).map(completeExtender),
  };
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
