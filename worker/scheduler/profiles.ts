// Makes the profiles of a configuration: which plugin runs at which point, in which order, with which weight. Mirrors NewFramework of kube-scheduler
// framework/runtime.

import { aggregate, ConfigError } from './config/load.ts';
import { PLUGIN_ARGS } from './config/plugin-args.ts';
import { EXTENSION_POINTS } from './config/types.ts';
import type { ExtensionPoint, PluginRef, ProfileConfig, SchedulerConfig } from './config/types.ts';
import type { Handle, Plugin } from './framework.ts';
import { pluginFactories } from './plugins/index.ts';
import { Profile } from './profile.ts';
import type { ProfilePlugins } from './profile.ts';

/** What a plugin of a point is called in Go, and the methods that make it one. */
const POINTS: Readonly<Record<ExtensionPoint, { readonly go: string; readonly methods: readonly (keyof Plugin)[] }>> = {
  preFilter: { go: 'PreFilterPlugin', methods: ['preFilter'] },
  filter: { go: 'FilterPlugin', methods: ['filter'] },
  postFilter: { go: 'PostFilterPlugin', methods: ['postFilter'] },
  reserve: { go: 'ReservePlugin', methods: ['reserve', 'unreserve'] },
  preScore: { go: 'PreScorePlugin', methods: ['preScore'] },
  score: { go: 'ScorePlugin', methods: ['score'] },
  preBind: { go: 'PreBindPlugin', methods: ['preBind'] },
  bind: { go: 'BindPlugin', methods: ['bind'] },
  postBind: { go: 'PostBindPlugin', methods: ['postBind'] },
  permit: { go: 'PermitPlugin', methods: ['permit'] },
  preEnqueue: { go: 'PreEnqueuePlugin', methods: ['preEnqueue'] },
  queueSort: { go: 'QueueSortPlugin', methods: ['isBefore'] },
};

const isOf = (plugin: Plugin, point: ExtensionPoint): boolean => POINTS[point].methods.some((method) => plugin[method] !== undefined);

/** Throws ConfigError, where kube-scheduler would not start. */
export function makeProfiles(config: SchedulerConfig, handle: Handle): ReadonlyMap<string, Profile> {
  const out = new Map<string, Profile>();
  let queueSort: string | undefined;
  const ignored = config.extenders.flatMap(({ managedResources }) =>
    managedResources.filter(({ ignoredByScheduler }) => ignoredByScheduler).map(({ name }) => name),
  );
  for (const profile of config.profiles) {
    const made = orConfigError(`initializing profiles: creating profile for scheduler name ${profile.schedulerName}: `, () =>
      makeProfile(profile, config, handle, ignored),
    );
    const { name } = made.plugins.queueSort;
    queueSort ??= name;
    if (queueSort !== name)
      throw new ConfigError(
        `initializing profiles: different queue sort plugins for profile "${profile.schedulerName}": "${name}", first: "${queueSort}"`,
      );
    out.set(profile.schedulerName, made);
  }
  return out;
}

/** Throws ConfigError, too. Nobody has to be there for it: plugins look at the cluster when they are asked about pods, not when they are made. */
export function checkProfiles(config: SchedulerConfig, minor: number): void {
  makeProfiles(config, { extenders: [], config: { minor } } as unknown as Handle);
}

function orConfigError<T>(prefix: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(prefix + error.message) : error;
  }
}

function makeProfile(
  config: ProfileConfig,
  { percentageOfNodesToScore }: SchedulerConfig,
  handle: Handle,
  ignored: readonly string[],
): Profile {
  const plugins = makePlugins(config, handle, ignored);
  const lists = new Map(EXTENSION_POINTS.map((point) => [point, explicit(config, point, plugins)]));
  for (const point of EXTENSION_POINTS) lists.set(point, withMultiPoint(config, point, lists.get(point)!, plugins));
  const at = (point: ExtensionPoint): readonly Plugin[] => lists.get(point)!;
  const [queueSort] = at('queueSort');
  if (!queueSort || at('queueSort').length > 1)
    throw new ConfigError(
      `only one queue sort plugin required for profile with scheduler name "${config.schedulerName}", but got ${at('queueSort').length}`,
    );
  if (!at('bind').length)
    throw new ConfigError(`at least one bind plugin is needed for profile with scheduler name "${config.schedulerName}"`);
  const weights = weightsOf(config, plugins);
  const all: ProfilePlugins = {
    preEnqueue: at('preEnqueue'),
    queueSort,
    preFilter: withPreparation(at('preFilter'), at('filter'), 'preFilter'),
    filter: at('filter'),
    postFilter: at('postFilter'),
    preScore: withPreparation(at('preScore'), at('score'), 'preScore'),
    score: at('score').map((plugin) => ({ plugin, weight: weights.get(plugin.name)! })),
    reserve: at('reserve'),
    permit: at('permit'),
    preBind: at('preBind'),
    bind: at('bind'),
    postBind: at('postBind'),
  };
  return new Profile(config.schedulerName, handle, all, config.percentageOfNodesToScore ?? percentageOfNodesToScore);
}

/** Each plugin that is enabled anywhere, once. */
function makePlugins({ plugins, args }: ProfileConfig, handle: Handle, ignored: readonly string[]): ReadonlyMap<string, Plugin> {
  const out = new Map<string, Plugin>();
  for (const point of [...EXTENSION_POINTS, 'multiPoint' as const]) {
    for (const { name } of plugins[point].enabled) {
      const factory = pluginFactories.get(name);
      if (!factory || out.has(name)) continue;
      let given = args.get(name) ?? {};
      if (name === 'NodeResourcesFit') {
        const errors = PLUGIN_ARGS.get(name)!.validate(given as never, '');
        if (errors.length) throw new ConfigError(`initializing plugin "${name}": ${aggregate(errors)}`);
        if (ignored.length) given = { ...given, ignoredResources: ignored };
      }
      out.set(name, factory(handle, given as never));
    }
  }
  return out;
}

/** The plugins that are enabled at a point by name. */
function explicit({ plugins: sets }: ProfileConfig, point: ExtensionPoint, plugins: ReadonlyMap<string, Plugin>): Plugin[] {
  const { go } = POINTS[point];
  const out: Plugin[] = [];
  for (const { name } of sets[point].enabled) {
    const plugin = plugins.get(name);
    if (!plugin) throw new ConfigError(`${go} "${name}" does not exist`);
    if (!isOf(plugin, point)) throw new ConfigError(`plugin "${name}" does not extend ${go} plugin`);
    if (out.includes(plugin)) throw new ConfigError(`plugin "${name}" already registered as "${go}"`);
    out.push(plugin);
  }
  return out;
}

/**
 * Adds the plugins that are enabled at every point they have. First those of them that were named for this point too, in the order of their naming here;
 * then those that were not; last what is only named here.
 */
function withMultiPoint(
  { plugins: sets }: ProfileConfig,
  point: ExtensionPoint,
  named: readonly Plugin[],
  plugins: ReadonlyMap<string, Plugin>,
): Plugin[] {
  const { go } = POINTS[point];
  const off = new Set(sets[point].disabled.map(({ name }) => name));
  if (off.has('*')) return [...named];
  const overridden = new Set<Plugin>();
  const added: Plugin[] = [];
  for (const { name } of sets.multiPoint.enabled) {
    const plugin = plugins.get(name);
    if (!plugin) throw new ConfigError(`${go} "${name}" does not exist`);
    if (!isOf(plugin, point) || off.has(name)) continue;
    if (named.includes(plugin)) overridden.add(plugin);
    else if (added.includes(plugin)) throw new ConfigError(`plugin "${name}" already registered as "${go}"`);
    else added.push(plugin);
  }
  return [...named.filter((plugin) => overridden.has(plugin)), ...added, ...named.filter((plugin) => !overridden.has(plugin))];
}

const MAX_TOTAL_SCORE = Number.MAX_SAFE_INTEGER;

function weightsOf({ plugins: sets }: ProfileConfig, plugins: ReadonlyMap<string, Plugin>): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  let total = 0;
  for (const { name, weight } of [...sets.score.enabled, ...sets.multiPoint.enabled] as PluginRef[]) {
    if (weights.has(name) || !plugins.get(name)?.score) continue;
    weights.set(name, weight || 1);
    total += (weight || 1) * 100;
    if (total > MAX_TOTAL_SCORE) throw new ConfigError('score plugins: total score of Score plugins could overflow');
  }
  return weights;
}

/** Differs: a plugin that filters or scores is prepared for it, even where a configuration enables it for that alone; upstream's fail then, or prepare themselves. */
const withPreparation = (prepared: readonly Plugin[], working: readonly Plugin[], method: 'preFilter' | 'preScore'): readonly Plugin[] => [
  ...prepared,
  ...working.filter((plugin) => plugin[method] && !prepared.includes(plugin)),
];
