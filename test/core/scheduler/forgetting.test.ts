// What the scheduler keeps from one pod to the next (what nodes said, what was counted) must not show: one that forgets all of it before every pod decides the
// same.

import { expect, test } from 'vitest';
import type { ControllerContext, Requeue } from '../../../worker/api/controller.ts';
import { makeRandom } from '../../../worker/lib/host.ts';
import type { Random } from '../../../worker/lib/host.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { Scheduler } from '../../../worker/scheduler/index.ts';
import { makeLab } from './lab.ts';
import type { Lab, PodDraft } from './lab.ts';

class ForgetfulScheduler extends Scheduler {
  override reconcile(key: string, context: ControllerContext): Requeue | void {
    this.save();
    this.start(context, true);
    return super.reconcile(key, context);
  }
}

const HOST = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const APPS = ['web', 'db', 'cache'];

function draftPod(random: Random): PodDraft {
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const selector = { labelSelector: { matchLabels: { app: pick(APPS) } } };
  const term = { topologyKey: pick([HOST, ZONE]), ...selector };
  const spread = (whenUnsatisfiable: string, extra: object = {}): object => ({
    topologyKey: pick([HOST, ZONE]),
    maxSkew: 1 + random.below(2),
    whenUnsatisfiable,
    ...selector,
    ...extra,
  });
  const kinds: readonly object[] = [
    {},
    { topologySpreadConstraints: [spread('ScheduleAnyway')] },
    { topologySpreadConstraints: [spread('DoNotSchedule')] },
    { topologySpreadConstraints: [spread('DoNotSchedule', { nodeTaintsPolicy: 'Honor' }), spread('ScheduleAnyway')] },
    { topologySpreadConstraints: [spread('DoNotSchedule')], nodeSelector: { tier: pick(['a', 'b']) } },
    { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
    { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
    { affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, podAffinityTerm: term }] } } },
    { affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, podAffinityTerm: term }] } } },
    { nodeSelector: { tier: pick(['a', 'b']) } },
    { tolerations: [{ key: 'gone', operator: 'Exists' }] },
    { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80, hostPort: pick([80, 81]) }] }] },
  ];
  return {
    labels: { app: pick(APPS) },
    image: pick(['nginx', 'busybox']),
    requests: { cpu: pick(['50m', '200m']), memory: pick(['64Mi', '256Mi']) },
    ...pick(kinds),
  };
}

function liveThrough(seed: string, scheduler: Scheduler): Lab {
  const lab = makeLab([scheduler]);
  const random = makeRandom(seed);
  const { api } = lab;
  const zone = (): string => `zone-${random.below(3)}`;
  const anyNode = (): string => {
    const all = api.list(nodes);
    return all[random.below(all.length)]!.metadata.name;
  };
  const addNode = (name: string): void => {
    const images = random.below(2) ? [{ names: ['nginx:latest'], sizeBytes: 200_000_000 }] : [];
    const taints = random.below(5) ? [] : [{ key: 'gone', effect: random.below(2) ? 'NoSchedule' : 'PreferNoSchedule' }];
    const labels = { tier: random.below(2) ? 'a' : 'b', ...(random.below(8) && { [ZONE]: zone() }) };
    lab.node({ name, labels, taints, allocatable: { cpu: String(1 + random.below(3)), pods: '12' }, status: { images } });
  };
  for (let i = 0; i < 12; i++) addNode(`node-${i}`);
  const steps: readonly (() => void)[] = [
    () => addNode(`more-${api.list(nodes).length}-${random.below(1e6)}`),
    () => api.delete(nodes, '', anyNode()),
    () => lab.changeNode(anyNode(), (node) => ({ ...node, spec: { ...node.spec, unschedulable: !node.spec.unschedulable } })),
    () =>
      lab.changeNode(anyNode(), (node) => ({
        ...node,
        metadata: { ...node.metadata, labels: { ...node.metadata.labels, [ZONE]: zone() } },
      })),
    () =>
      lab.changeNode(anyNode(), (node) => ({
        ...node,
        status: { ...node.status, images: [{ names: ['busybox:latest'], sizeBytes: 3e8 }] },
      })),
  ];
  for (let i = 0; i < 150; i++) {
    const what = random.below(20);
    const all = api.list(pods);
    if (what < 12 || !all.length) {
      const draft = draftPod(random);
      for (let copies = random.below(5); copies >= 0; copies--) lab.pod(draft);
    } else if (what < 16)
      api.delete(pods, 'default', all[random.below(all.length)]!.metadata.name, { gracePeriodSeconds: random.below(2) ? 0 : 30 });
    else steps[random.below(steps.length)]!();
    if (random.below(3)) lab.settle();
    if (!random.below(10)) lab.advance(12_000);
  }
  lab.settle();
  return lab;
}

test.each(['one', 'two', 'three'])('what is kept from pod to pod does not show (%s)', (seed) => {
  const usual = liveThrough(seed, new Scheduler());
  const forgetful = liveThrough(seed, new ForgetfulScheduler());
  expect(usual.errors).toEqual([]);
  const all = usual.api.list(pods);
  expect(all.filter(({ spec }) => spec.nodeName).length).toBeGreaterThan(50);
  expect(all.filter(({ spec }) => !spec.nodeName).length).toBeGreaterThan(0);
  expect(forgetful.log()).toEqual(usual.log());
});
