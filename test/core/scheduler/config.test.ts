// The scheduler's configuration file: profiles, plugins that are switched off or weighed otherwise, and what a scheduler says of a file that is wrong.

import { describe, expect, test } from 'vitest';
import { events } from '../../../worker/resources/core/event.ts';
import { makeSchedulerLab } from './lab.ts';

const config = (profiles: string): string => `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${profiles}`;
const RESOURCES = (name: string, strategy: string): string => `- schedulerName: ${name}
  plugins:
    score:
      disabled: [{name: '*'}]
      enabled: [{name: NodeResourcesFit}]
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: ${strategy}, resources: [{name: cpu, weight: 1}]}}
`;

describe('a KubeSchedulerConfiguration', () => {
  test('has several profiles; a pod names one', () => {
    const lab = makeSchedulerLab(config(`profiles:\n${RESOURCES('spread', 'LeastAllocated')}${RESOURCES('pack', 'MostAllocated')}`));
    for (const name of ['a', 'b']) lab.node({ name });
    lab.pod({ name: 'there', nodeName: 'a', requests: { cpu: '1' } });
    lab.pod({ name: 'lonely', schedulerName: 'spread', requests: { cpu: '1' } });
    lab.settle();
    lab.pod({ name: 'social', schedulerName: 'pack', requests: { cpu: '1' } });
    lab.pod({ name: 'nobodys', schedulerName: 'other', requests: { cpu: '1' } });
    lab.settle();
    expect(lab.placeOf('lonely')).toBe('b');
    expect(lab.placeOf('social')).toBeDefined();
    expect(lab.placeOf('nobodys')).toBeUndefined();
    expect(lab.eventsOf('lonely')).toEqual(['Normal Scheduled Successfully assigned default/lonely to b']);
    expect(lab.errors).toEqual([]);
  });

  test('packs where it is told to', () => {
    const lab = makeSchedulerLab(config(`profiles:\n${RESOURCES('default-scheduler', 'MostAllocated')}`));
    for (const name of ['a', 'b']) lab.node({ name });
    lab.pod({ name: 'there', nodeName: 'b', requests: { cpu: '1' } });
    lab.pod({ name: 'p', requests: { cpu: '1' } });
    lab.settle();
    expect(lab.placeOf('p')).toBe('b');
  });

  test('switches plugins off', () => {
    const lab = makeSchedulerLab(
      config(
        'profiles:\n- schedulerName: default-scheduler\n  plugins: {filter: {disabled: [{name: NodeUnschedulable}, {name: TaintToleration}]}}\n',
      ),
    );
    lab.node({ name: 'a', unschedulable: true });
    lab.pod({ name: 'p' });
    lab.settle();
    expect(lab.placeOf('p')).toBe('a');
  });

  test('looks at fewer nodes if it is told to, all profiles or one', () => {
    const lab = makeSchedulerLab(
      config(
        'percentageOfNodesToScore: 60\nprofiles:\n- schedulerName: default-scheduler\n- schedulerName: thorough\n  percentageOfNodesToScore: 100\n',
      ),
    );
    for (let i = 0; i < 200; i++) lab.node({ name: `n${i}` });
    lab.pod({ name: 'p' });
    lab.pod({ name: 'q', schedulerName: 'thorough' });
    lab.settle();
    expect(lab.scheduler.explain('default/p')!.nodes).toHaveLength(120);
    expect(lab.scheduler.explain('default/q')!.nodes).toHaveLength(200);
  });

  test.each([
    { backoff: '', tried: [2, 2, 3, 4] },
    { backoff: 'podInitialBackoffSeconds: 4\npodMaxBackoffSeconds: 4\n', tried: [1, 1, 2, 3] },
  ])('lets pods wait as it says: "$backoff"', ({ backoff, tried }) => {
    const lab = makeSchedulerLab(config(backoff));
    lab.pod({ name: 'p' });
    lab.settle();
    const counts = [2000, 2000, 2000, 4000].map((ms) => {
      lab.advance(ms);
      return lab.api.list(events).reduce((sum, { series }) => sum + (series?.count ?? 1), 0);
    });
    expect(counts).toEqual(tried);
  });

  test.each([
    'profiles:\n',
    'extenders:\nleaderElection:\nclientConnection:\npodInitialBackoffSeconds:\n',
    'profiles:\n- schedulerName:\n  plugins:\n  pluginConfig:\n',
    'profiles:\n- pluginConfig:\n  - name: NodeResourcesFit\n    args:\n  - name: DefaultPreemption\n    args: {minCandidateNodesAbsolute: null}\n',
    'leaderElection: {leaseDuration: 0s, resourceLock: ""}\n',
  ])('has what it leaves empty from the defaults: %j', (text) => {
    const lab = makeSchedulerLab(config(text));
    lab.node({ name: 'a' });
    lab.pod({ name: 'p' });
    lab.settle();
    expect([lab.scheduler.problemOf(36), lab.placeOf('p')]).toEqual([undefined, 'a']);
  });

  test.each([
    {
      name: 'another kind',
      text: 'apiVersion: v1\nkind: Pod\n',
      problem: 'no kind "Pod" is registered for version "v1" in scheme "pkg/scheduler/apis/config/scheme/scheme.go:30"',
    },
    { name: 'no kind', text: 'a: 1\n', problem: "Object 'Kind' is missing in 'a: 1\n'" },
    {
      name: 'a key that comes twice',
      text: config('parallelism: 1\nparallelism: 2\n'),
      problem: 'strict decoding error: yaml: unmarshal errors:\n  line 4: key "parallelism" already set in map',
    },
    {
      name: 'what is no duration',
      text: config('leaderElection: {leaseDuration: 10x}\n'),
      problem: 'time: unknown unit "x" in duration "10x"',
    },
    {
      name: 'an election that never ends',
      text: config('leaderElection: {leaseDuration: 300s, renewDeadline: 400s, resourceLock: endpoints}\n'),
      problem:
        '[leaderElection.leaseDuration: Invalid value: "6m40s": must be greater than `RenewDeadline`, leaderElection.resourceLock: Invalid value: "endpoints": resourceLock value must be "leases"]',
    },
    {
      name: 'profiles that sort the queue in different ways',
      text: config('profiles:\n- schedulerName: one\n- schedulerName: two\n  plugins: {queueSort: {disabled: [{name: PrioritySort}]}}\n'),
      problem:
        'profiles[1].plugins.queueSort: Invalid value: {"Enabled":null,"Disabled":[{"Name":"PrioritySort","Weight":0}]}: must be the same for all profiles',
    },
    {
      name: 'arguments of NodeResourcesFit that are wrong in two ways',
      text: config(
        'profiles:\n- pluginConfig:\n  - name: NodeResourcesFit\n    args: {ignoredResourceGroups: [a/b], scoringStrategy: {type: Best}}\n',
      ),
      problem:
        'initializing profiles: creating profile for scheduler name default-scheduler: initializing plugin "NodeResourcesFit": [ignoredResourceGroups[0]: Invalid value: "a/b": resource group name can\'t contain \'/\', scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]',
    },
    {
      name: 'a time for devices that is too short',
      text: config('profiles:\n- pluginConfig:\n  - name: DynamicResources\n    args: {bindingTimeout: 0.5s}\n'),
      problem: 'profiles[0].pluginConfig[0].args.bindingTimeout: Invalid value: "500ms": must be at least 1 second',
    },
    { name: 'an unknown field', text: config('profile: []\n'), problem: 'strict decoding error: unknown field "profile"' },
    {
      name: 'an extender whose certificate is to be trusted, and is not',
      text: config('extenders:\n- urlPrefix: https://10.0.0.9\n  tlsConfig: {insecure: true, caData: AA==}\n'),
      problem: "couldn't build extenders: specifying a root certificates file with the insecure flag is not allowed",
    },
    {
      name: 'an extender without weight',
      text: config('extenders:\n- urlPrefix: http://10.0.0.9\n  prioritizeVerb: score\n'),
      problem: 'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
    },
    {
      name: 'two extenders that bind',
      text: config('extenders:\n- bindVerb: a\n- bindVerb: b\n'),
      problem: 'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind',
    },
    {
      name: 'two profiles of a name',
      text: config('profiles:\n- schedulerName: x\n- schedulerName: x\n'),
      problem: 'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
    },
  ])('with $name is refused', ({ text, problem }) => {
    const lab = makeSchedulerLab(text);
    lab.node({ name: 'a' });
    lab.pod({ name: 'p' });
    lab.settle();
    expect(lab.scheduler.problemOf(36)).toBe(problem);
    expect(lab.placeOf('p')).toBeUndefined();
  });
});
