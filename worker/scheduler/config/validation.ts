// What is wrong with a configuration. Mirrors kube-scheduler apis/config/validation.

import { duplicateField, invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { isEqual } from '../../lib/json.ts';
import { formatDuration, parseDuration } from '../../lib/time.ts';
import { qualifiedName } from '../../resources/validation/values.ts';
import { isExtendedResource } from '../resources.ts';
import { PLUGIN_ARGS } from './plugin-args.ts';
import { API_VERSION, EXTENSION_POINTS } from './types.ts';
import type { PluginRef, PluginSet, ProfileConfig, RawConfig, RawExtender, RawLeaderElection, RawProfile } from './types.ts';

const REMOVED_PLUGINS = new Set(['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits']);
/** Checked when the plugin is made: upstream looks for it under another name here. */
const CHECKED_LATER = 'NodeResourcesFit';

export function validateConfig(raw: RawConfig, profiles: readonly ProfileConfig[]): FieldError[] {
  const { parallelism = 16, podInitialBackoffSeconds: initial = 1, podMaxBackoffSeconds: max = 10 } = raw;
  const errors = validateLeaderElection(raw.leaderElection);
  if ((raw.clientConnection?.burst ?? 0) < 0)
    errors.unshift(invalidField('clientConnection.burst', raw.clientConnection!.burst, 'must be non-negative'));
  if (parallelism <= 0) errors.push(invalidField('parallelism', parallelism, 'should be an integer value greater than zero'));
  for (const [i, profile] of profiles.entries()) {
    errors.push(...validateProfile(profile, raw.profiles?.[i], `profiles[${i}]`));
    const first = profiles.findIndex(({ schedulerName }) => schedulerName === profile.schedulerName);
    if (first < i) errors.push(duplicateField(`profiles[${i}].schedulerName`, `profiles[${first}].schedulerName`));
  }
  errors.push(...validateQueueSort(profiles));
  errors.push(...validatePercentage(raw.percentageOfNodesToScore, 'percentageOfNodesToScore'));
  if (initial <= 0) errors.push(invalidField('podInitialBackoffSeconds', initial, 'must be greater than 0'));
  if (max < initial) errors.push(invalidField('podMaxBackoffSeconds', max, 'must be greater than or equal to PodInitialBackoffSeconds'));
  return [...errors, ...validateExtenders(raw.extenders ?? [])];
}

const ELECTION_TIMES = { leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '2s' };

/** What is nothing (`0s`) is as if it had not been given. */
function validateLeaderElection(given: RawLeaderElection = {}): FieldError[] {
  if (!(given.leaderElect ?? true)) return [];
  const errors: FieldError[] = [];
  const ms = (name: keyof typeof ELECTION_TIMES): number => parseDuration(given[name] ?? '') || parseDuration(ELECTION_TIMES[name])!;
  for (const name of Object.keys(ELECTION_TIMES) as (keyof typeof ELECTION_TIMES)[])
    if (ms(name) <= 0) errors.push(invalidField(`leaderElection.${name}`, formatDuration(ms(name)), 'must be greater than zero'));
  if (ms('leaseDuration') <= ms('renewDeadline'))
    errors.push(invalidField('leaderElection.leaseDuration', formatDuration(ms('renewDeadline')), 'must be greater than `RenewDeadline`'));
  const { resourceLock } = given;
  if (resourceLock && resourceLock !== 'leases')
    errors.push(invalidField('leaderElection.resourceLock', resourceLock, 'resourceLock value must be "leases"'));
  return errors;
}

const validatePercentage = (value: number | undefined, path: string): FieldError[] =>
  value !== undefined && (value < 0 || value > 100) ? [invalidField(path, value, 'not in valid range [0-100]')] : [];

function validateProfile(profile: ProfileConfig, raw: RawProfile | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!profile.schedulerName) errors.push(requiredField(`${path}.schedulerName`));
  errors.push(...validatePercentage(profile.percentageOfNodesToScore, `${path}.percentageOfNodesToScore`));
  for (const point of EXTENSION_POINTS) {
    for (const [i, { name }] of profile.plugins[point].enabled.entries())
      errors.push(...validateExisting(name, `${path}.plugins.${point}.enabled[${i}]`));
  }
  const seen = new Set<string>();
  for (const [i, { name = '' }] of (raw?.pluginConfig ?? []).entries()) {
    const at = `${path}.pluginConfig[${i}]`;
    if (seen.has(name)) errors.push(duplicateField(at, name));
    seen.add(name);
    errors.push(...validateExisting(name, at));
    const kind = name === CHECKED_LATER ? undefined : PLUGIN_ARGS.get(name);
    if (kind) errors.push(...kind.validate(profile.args.get(name) as never, `${at}.args`));
  }
  return errors;
}

const validateExisting = (name: string, path: string): FieldError[] =>
  REMOVED_PLUGINS.has(name)
    ? [invalidField(path, name, `was invalid in version "${API_VERSION}" (KubeSchedulerConfiguration is version "${API_VERSION}")`)]
    : [];

function validateQueueSort(profiles: readonly ProfileConfig[]): FieldError[] {
  const first = profiles[0]!.plugins.queueSort;
  const errors: FieldError[] = [];
  if (first.enabled.length > 1)
    errors.push(invalidField('profiles[0].plugins.queueSort.Enabled', first.enabled.length, 'only one queue sort plugin can be enabled'));
  for (const [i, { plugins }] of profiles.entries()) {
    if (!isEqual(plugins.queueSort, first))
      errors.push(invalidField(`profiles[${i}].plugins.queueSort`, goPlugins(plugins.queueSort), 'must be the same for all profiles'));
  }
  return errors;
}

/** As Go prints them: the internal type has no names for JSON. */
function goPlugins({ enabled, disabled }: Required<PluginSet>): object {
  const list = (plugins: readonly PluginRef[]): object[] | null =>
    plugins.length ? plugins.map(({ name, weight = 0 }) => ({ Name: name, Weight: weight })) : null;
  return { Enabled: list(enabled), Disabled: list(disabled) };
}

function validateExtenders(extenders: readonly RawExtender[]): FieldError[] {
  const errors: FieldError[] = [];
  const managed = new Set<string>();
  for (const [i, { prioritizeVerb, weight = 0, managedResources = [] }] of extenders.entries()) {
    if (prioritizeVerb && weight <= 0)
      errors.push(invalidField(`extenders[${i}].weight`, weight, 'must have a positive weight applied to it'));
    for (const [j, { name = '' }] of managedResources.entries()) {
      const path = `extenders[${i}].managedResources[${j}].name`;
      const problems = qualifiedName(name, path);
      errors.push(...problems);
      if (!problems.length && !isExtendedResource(name)) errors.push(invalidField(path, name, 'is an invalid extended resource name'));
      if (managed.has(name)) errors.push(invalidField(path, name, 'duplicate extender managed resource name'));
      managed.add(name);
    }
  }
  const binders = extenders.filter(({ bindVerb }) => bindVerb).length;
  if (binders > 1)
    errors.push(invalidField('extenders', `found ${binders} extenders implementing bind`, 'only one extender can implement bind'));
  return errors;
}
