// The arguments of the plugins that take any: their shape on disk, their defaults, and what is wrong with them. Mirrors kube-scheduler apis/config/v1
// defaults.go and apis/config/validation/validation_pluginargs.go.

import type { FieldError } from '../../api/field-error.ts';
import { child, duplicateField, forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import { formatDuration, parseDuration } from '../../lib/time.ts';
import { struct } from '../../lib/config-shape.ts';
import type { StructShape } from '../../lib/config-shape.ts';
import type { AddedAffinity, DefaultConstraint } from './types.ts';
import { qualifiedName } from '../../resources/validation/values.ts';
import { validateNodeAffinity } from './field-rules.ts';

export interface ArgsKind {
  readonly shape: StructShape;
  /** Fills in what was left out. */
  complete(given: never): object;
  validate(args: never, path: string): FieldError[];
}

interface ResourceSpec {
  readonly name: string;
  readonly weight: number;
}

interface Point {
  readonly utilization: number;
  readonly score: number;
}

const TYPE_META = { apiVersion: 'string', kind: 'string' } as const;
const RESOURCES = [struct('ResourceSpec', { name: 'string', weight: 'int64' })] as const;
const SHAPE = [struct('UtilizationShapePoint', { utilization: 'int32', score: 'int32' })] as const;
const DEFAULT_RESOURCES: readonly ResourceSpec[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

const completeResources = (given: readonly Partial<ResourceSpec>[] | undefined): readonly ResourceSpec[] =>
  given?.length ? given.map(({ name = '', weight }) => ({ name, weight: weight || 1 })) : DEFAULT_RESOURCES;

/** Types hold between `complete` and `validate` of one kind only. */
const kindOf = <G, A extends object>(kind: {
  shape: StructShape;
  complete(given: G): A;
  validate(args: A, path: string): FieldError[];
}): ArgsKind => kind as unknown as ArgsKind;

const SCORING_TYPES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'];

interface FitArgs {
  readonly ignoredResources: readonly string[];
  readonly ignoredResourceGroups: readonly string[];
  readonly scoringStrategy: {
    readonly type: string;
    readonly resources: readonly ResourceSpec[];
    readonly requestedToCapacityRatio?: { readonly shape?: readonly Point[] };
    readonly shape: readonly Point[];
  };
}

const fit = kindOf<Partial<FitArgs>, FitArgs>({
  shape: struct('NodeResourcesFitArgs', {
    ...TYPE_META,
    ignoredResources: 'strings',
    ignoredResourceGroups: 'strings',
    scoringStrategy: struct('ScoringStrategy', {
      type: 'string',
      resources: RESOURCES,
      requestedToCapacityRatio: struct('RequestedToCapacityRatioParam', { shape: SHAPE }),
    }),
  }),
  complete({ ignoredResources = [], ignoredResourceGroups = [], scoringStrategy }) {
    const given: Partial<FitArgs['scoringStrategy']> = scoringStrategy ?? { type: 'LeastAllocated' };
    const { type = '', requestedToCapacityRatio } = given;
    const resources = completeResources(given.resources);
    const shape = requestedToCapacityRatio?.shape ?? [];
    return {
      ignoredResources,
      ignoredResourceGroups,
      scoringStrategy: { type, resources, shape, ...(requestedToCapacityRatio && { requestedToCapacityRatio }) },
    };
  },
  validate({ ignoredResources, ignoredResourceGroups, scoringStrategy }, path) {
    const errors = ignoredResources.flatMap((name, i) => qualifiedName(name, child(path, `ignoredResources[${i}]`)));
    for (const [i, group] of ignoredResourceGroups.entries()) {
      const at = child(path, `ignoredResourceGroups[${i}]`);
      if (group.includes('/')) errors.push(invalidField(at, group, "resource group name can't contain '/'"));
      errors.push(...qualifiedName(group, at));
    }
    const at = child(path, 'scoringStrategy');
    const { type, resources, requestedToCapacityRatio } = scoringStrategy;
    if (!SCORING_TYPES.includes(type)) errors.push(notSupported(`${at}.type`, type, SCORING_TYPES));
    for (const [i, { name, weight }] of resources.entries()) {
      if (weight <= 0 || weight > 100)
        errors.push(invalidField(`${at}.resources[${i}].weight`, weight, `resource weight of ${name} not in valid range (0, 100]`));
    }
    if (type === 'RequestedToCapacityRatio') {
      if (requestedToCapacityRatio)
        errors.push(...validateShape(requestedToCapacityRatio.shape ?? [], `${at}.requestedToCapacityRatio.shape`));
      else errors.push(requiredField(`${at}.requestedToCapacityRatio`, 'must be specified when type is RequestedToCapacityRatio'));
    } else if (requestedToCapacityRatio)
      errors.push(forbiddenField(`${at}.requestedToCapacityRatio`, 'must be nil when type is not RequestedToCapacityRatio'));
    return errors;
  },
});

function validateShape(shape: readonly Point[], path: string): FieldError[] {
  if (!shape.length) return [requiredField(path, 'at least one point must be specified')];
  const errors: FieldError[] = [];
  const unsorted = shape.findIndex(({ utilization }, i) => i > 0 && shape[i - 1]!.utilization >= utilization);
  if (unsorted > 0)
    errors.push(
      invalidField(`${path}[${unsorted}].utilization`, shape[unsorted]!.utilization, 'values must be sorted in increasing order'),
    );
  for (const [i, { utilization = 0, score = 0 }] of shape.entries()) {
    if (utilization < 0 || utilization > 100)
      errors.push(invalidField(`${path}[${i}].utilization`, utilization, 'not in valid range [0, 100]'));
    if (score < 0 || score > 10) errors.push(invalidField(`${path}[${i}].score`, score, 'not in valid range [0, 10]'));
  }
  return errors;
}

const balanced = kindOf<{ resources?: ResourceSpec[] }, { resources: readonly ResourceSpec[] }>({
  shape: struct('NodeResourcesBalancedAllocationArgs', { ...TYPE_META, resources: RESOURCES }),
  complete: ({ resources }) => ({ resources: completeResources(resources) }),
  validate({ resources }, path) {
    const errors: FieldError[] = [];
    for (const [i, { name, weight }] of resources.entries()) {
      if (resources.findIndex((one) => one.name === name) < i) errors.push(duplicateField(child(path, `resources[${i}]`, 'name'), name));
      if (weight !== 1) errors.push(invalidField(child(path, `resources[${i}]`, 'weight'), weight, 'must be 1'));
    }
    return errors;
  },
});

interface PreemptionArgs {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

const preemption = kindOf<Partial<PreemptionArgs>, PreemptionArgs>({
  shape: struct('DefaultPreemptionArgs', { ...TYPE_META, minCandidateNodesPercentage: 'int32', minCandidateNodesAbsolute: 'int32' }),
  complete: ({ minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 }) => ({
    minCandidateNodesPercentage,
    minCandidateNodesAbsolute,
  }),
  validate({ minCandidateNodesPercentage: percentage, minCandidateNodesAbsolute: absolute }, path) {
    const errors: FieldError[] = [];
    const [percentagePath, absolutePath] = [child(path, 'minCandidateNodesPercentage'), child(path, 'minCandidateNodesAbsolute')];
    if (percentage < 0 || percentage > 100) errors.push(invalidField(percentagePath, percentage, 'not in valid range [0, 100]'));
    if (absolute < 0) errors.push(invalidField(absolutePath, absolute, 'not in valid range [0, inf)'));
    if (percentage === 0 && absolute === 0) {
      errors.push(invalidField(percentagePath, 0, 'cannot be zero at the same time as minCandidateNodesAbsolute'));
      errors.push(invalidField(absolutePath, 0, 'cannot be zero at the same time as minCandidateNodesPercentage'));
    }
    return errors;
  },
});

interface AffinityArgs {
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

const podAffinity = kindOf<Partial<AffinityArgs>, AffinityArgs>({
  shape: struct('InterPodAffinityArgs', { ...TYPE_META, hardPodAffinityWeight: 'int32', ignorePreferredTermsOfExistingPods: 'bool' }),
  complete: ({ hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false }) => ({
    hardPodAffinityWeight,
    ignorePreferredTermsOfExistingPods,
  }),
  validate: ({ hardPodAffinityWeight: weight }, path) =>
    weight < 0 || weight > 100 ? [invalidField(child(path, 'hardPodAffinityWeight'), weight, 'not in valid range [0, 100]')] : [],
});

const nodeAffinity = kindOf<{ addedAffinity?: AddedAffinity }, { addedAffinity?: AddedAffinity }>({
  shape: struct('NodeAffinityArgs', { ...TYPE_META, addedAffinity: 'any' }),
  complete: ({ addedAffinity }) => (addedAffinity ? { addedAffinity } : {}),
  validate: ({ addedAffinity }, path) => (addedAffinity ? validateNodeAffinity(addedAffinity, child(path, 'addedAffinity')) : []),
});

interface SpreadArgs {
  readonly defaultConstraints: readonly DefaultConstraint[];
  readonly defaultingType: string;
}

const spread = kindOf<Partial<SpreadArgs>, SpreadArgs>({
  shape: struct('PodTopologySpreadArgs', {
    ...TYPE_META,
    defaultConstraints: [
      struct('TopologySpreadConstraint', {
        maxSkew: 'int32',
        topologyKey: 'string',
        whenUnsatisfiable: 'string',
        labelSelector: 'any',
        minDomains: 'int32',
        nodeAffinityPolicy: 'string',
        nodeTaintsPolicy: 'string',
        matchLabelKeys: 'strings',
      }),
    ],
    defaultingType: 'string',
  }),
  complete: ({ defaultConstraints = [], defaultingType }) => ({ defaultConstraints, defaultingType: defaultingType || 'System' }),
  validate({ defaultConstraints, defaultingType }, path) {
    const errors: FieldError[] = [];
    const typePath = child(path, 'defaultingType');
    if (defaultingType !== 'System' && defaultingType !== 'List') errors.push(notSupported(typePath, defaultingType, ['System', 'List']));
    else if (defaultingType === 'System' && defaultConstraints.length)
      errors.push(invalidField(typePath, defaultingType, 'when .defaultConstraints are not empty'));
    for (const i of defaultConstraints.keys()) errors.push(...validateConstraint(defaultConstraints, i, child(path, 'defaultConstraints')));
    return errors;
  },
});

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];

function validateConstraint(all: readonly DefaultConstraint[], i: number, listPath: string): FieldError[] {
  const given: Partial<DefaultConstraint> = all[i]!;
  const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', labelSelector } = given;
  const path = `${listPath}[${i}]`;
  const errors: FieldError[] = [];
  if (maxSkew <= 0) errors.push(invalidField(child(path, 'maxSkew'), maxSkew, 'not in valid range (0, inf)'));
  if (!topologyKey) errors.push(requiredField(child(path, 'topologyKey'), 'can not be empty'));
  else errors.push(...qualifiedName(topologyKey, child(path, 'topologyKey')));
  if (!whenUnsatisfiable) errors.push(requiredField(child(path, 'whenUnsatisfiable'), 'can not be empty'));
  else if (!ACTIONS.includes(whenUnsatisfiable)) errors.push(notSupported(child(path, 'whenUnsatisfiable'), whenUnsatisfiable, ACTIONS));
  if (labelSelector)
    errors.push(forbiddenField(child(path, 'labelSelector'), 'constraint must not define a selector, as they deduced for each pod'));
  const isRepeated = all.slice(0, i).some((one) => one.topologyKey === topologyKey && one.whenUnsatisfiable === whenUnsatisfiable);
  if (isRepeated) errors.push(duplicateField(path, `{${topologyKey}, ${whenUnsatisfiable}}`));
  return errors;
}

const volumeBinding = kindOf<{ bindTimeoutSeconds?: number; shape?: Point[] }, { bindTimeoutSeconds: number; shape?: readonly Point[] }>({
  shape: struct('VolumeBindingArgs', { ...TYPE_META, bindTimeoutSeconds: 'int64', shape: SHAPE }),
  complete: ({ bindTimeoutSeconds = 600, shape }) => ({ bindTimeoutSeconds, ...(shape && { shape }) }),
  validate({ bindTimeoutSeconds, shape }, path) {
    const errors: FieldError[] = [];
    if (bindTimeoutSeconds < 0)
      errors.push(
        invalidField(child(path, 'bindTimeoutSeconds'), bindTimeoutSeconds, 'invalid BindTimeoutSeconds, should not be a negative value'),
      );
    if (shape)
      errors.push(
        invalidField(child(path, 'shape'), shape, 'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring'),
      );
    return errors;
  },
});

interface ResourcesArgs {
  readonly filterTimeout: string;
  readonly bindingTimeout: string;
}

const dynamicResources = kindOf<Partial<ResourcesArgs>, ResourcesArgs>({
  shape: struct('DynamicResourcesArgs', { ...TYPE_META, filterTimeout: 'duration', bindingTimeout: 'duration' }),
  complete: ({ filterTimeout = '10s', bindingTimeout = '600s' }) => ({ filterTimeout, bindingTimeout }),
  validate({ filterTimeout, bindingTimeout }, path) {
    const errors: FieldError[] = [];
    const [filterMs, bindingMs] = [parseDuration(filterTimeout)!, parseDuration(bindingTimeout)!];
    if (filterMs < 0) errors.push(invalidField(child(path, 'filterTimeout'), formatDuration(filterMs), 'must be zero or positive'));
    if (bindingMs < 1000) errors.push(invalidField(child(path, 'bindingTimeout'), formatDuration(bindingMs), 'must be at least 1 second'));
    return errors;
  },
});

/** By plugin. */
export const PLUGIN_ARGS: ReadonlyMap<string, ArgsKind> = new Map([
  ['DefaultPreemption', preemption],
  ['DynamicResources', dynamicResources],
  ['InterPodAffinity', podAffinity],
  ['NodeAffinity', nodeAffinity],
  ['NodeResourcesBalancedAllocation', balanced],
  ['NodeResourcesFit', fit],
  ['PodTopologySpread', spread],
  ['VolumeBinding', volumeBinding],
]);
