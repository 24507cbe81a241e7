// What is often done to an object, a click each: as kubectl does it, and nothing more.

import { useEffect, useState } from 'preact/hooks';
import type { CronJob, Job, KubeObject, Node } from '../cluster/kinds.ts';
import { refOf } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { Icon } from '../parts/icon.tsx';
import { attempt, explain, toast } from '../parts/toast.tsx';
import type { View } from './state.ts';

const MERGE = 'application/merge-patch+json';
const SCALABLE = new Set(['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController']);
const RESTARTABLE = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

export function Actions({ view, object }: { view: View; object: KubeObject }) {
  const t = texts.value;
  const { kind } = object;
  const patch = (changes: object, subresource = ''): void =>
    attempt(async () => {
      await view.live.kube.json('PATCH', (await pathOf(view, object)) + subresource, changes, MERGE);
    });
  return (
    <div class="actions">
      {SCALABLE.has(kind) && <Scale object={object} onScale={(replicas) => patch({ spec: { replicas } }, '/scale')} />}
      {RESTARTABLE.has(kind) && (
        <button
          type="button"
          onClick={() => {
            const at = new Date(view.live.time.now.value).toISOString().replace(/\.\d+Z$/, 'Z');
            patch({ spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': at } } } } });
          }}
        >
          <Icon name="restart" />
          <span>{t.inspector.restart}</span>
        </button>
      )}
      {kind === 'Node' && (
        <button type="button" onClick={() => patch({ spec: { unschedulable: (object as Node).spec.unschedulable ? null : true } })}>
          <Icon name="block" />
          <span>{(object as Node).spec.unschedulable ? t.inspector.uncordon : t.inspector.cordon}</span>
        </button>
      )}
      {kind === 'Node' && (
        <button type="button" onClick={() => attempt(() => drain(view, object as Node))}>
          <Icon name="down" />
          <span>{t.inspector.drain}</span>
        </button>
      )}
      {(kind === 'Job' || kind === 'CronJob') && (
        <Suspend object={object as Job | CronJob} onChange={(suspend) => patch({ spec: { suspend } })} />
      )}
      {kind === 'CronJob' && (
        <button type="button" onClick={() => attempt(() => runNow(view, object as CronJob))}>
          <Icon name="play" />
          <span>{t.inspector.runNow}</span>
        </button>
      )}
      <span class="grow" />
      <Delete view={view} object={object} />
    </div>
  );
}

const pathOf = (view: View, object: KubeObject): Promise<string> => view.live.discovery.pathOf(refOf(object));

function Scale({ object, onScale }: { object: KubeObject; onScale(replicas: number): void }) {
  const t = texts.value;
  const wanted = (object as KubeObject & { spec: { replicas?: number } }).spec.replicas ?? 1;
  return (
    <div class="stepper" role="group" aria-label={t.inspector.replicas}>
      <button type="button" aria-label={t.inspector.fewer} disabled={wanted === 0} onClick={() => onScale(wanted - 1)}>
        −
      </button>
      <input
        type="number"
        min={0}
        aria-label={t.inspector.replicas}
        value={wanted}
        onChange={({ currentTarget }) => currentTarget.validity.valid && currentTarget.value && onScale(Number(currentTarget.value))}
      />
      <button type="button" aria-label={t.inspector.more} onClick={() => onScale(wanted + 1)}>
        +
      </button>
    </div>
  );
}

function Suspend({ object, onChange }: { object: Job | CronJob; onChange(suspend: boolean): void }) {
  const t = texts.value;
  const isSuspended = object.spec.suspend ?? false;
  return (
    <button type="button" onClick={() => onChange(!isSuspended)}>
      <Icon name={isSuspended ? 'play' : 'pause'} />
      <span>{isSuspended ? t.inspector.resume : t.inspector.suspend}</span>
    </button>
  );
}

/** As `kubectl create job --from=cronjob/…` does. */
async function runNow(view: View, { apiVersion, kind, metadata, spec }: CronJob): Promise<void> {
  const { labels, annotations } = spec.jobTemplate.metadata ?? {};
  const job = await view.live.kube.json<Job>('POST', `/apis/batch/v1/namespaces/${metadata.namespace}/jobs`, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      generateName: `${metadata.name.slice(0, 50)}-manual-`,
      labels,
      annotations: { ...annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }],
    },
    spec: spec.jobTemplate.spec,
  });
  view.inspect(job);
}

/** As `kubectl drain --ignore-daemonsets` does: closes the node, then asks every pod to go that can be somewhere else. Who may not go yet is named. */
async function drain({ live }: View, { metadata }: Node): Promise<void> {
  const t = texts.value;
  await live.kube.json('PATCH', `/api/v1/nodes/${metadata.name}`, { spec: { unschedulable: true } }, MERGE);
  const pods = live.pods.items.value.filter(
    (pod) =>
      pod.spec.nodeName === metadata.name &&
      !pod.metadata.ownerReferences?.some(({ kind, controller }) => controller && (kind === 'DaemonSet' || kind === 'Node')),
  );
  let gone = 0;
  for (const pod of pods) {
    const { name, namespace } = pod.metadata;
    try {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
      await live.kube.json('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, eviction);
      gone += 1;
    } catch (error) {
      toast(`${name}: ${explain(error)}`, { tone: 'bad', staysMs: 10_000 });
    }
  }
  toast(t.inspector.drained(metadata.name, gone, pods.length));
}

const SURE_MS = 4000;

/** Asks once more. */
function Delete({ view, object }: { view: View; object: KubeObject }) {
  const t = texts.value;
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (!isAsking) return undefined;
    const timer = setTimeout(() => setAsking(false), SURE_MS);
    return () => clearTimeout(timer);
  }, [isAsking]);
  const act = (): void => {
    if (!isAsking) return setAsking(true);
    setAsking(false);
    attempt(async () => {
      await view.live.kube.call('DELETE', `${await pathOf(view, object)}?propagationPolicy=Background`);
      toast(t.inspector.deleted(`${object.kind.toLowerCase()}/${object.metadata.name}`));
    });
  };
  return (
    <button type="button" class={`danger ${isAsking ? 'sure' : ''}`} onClick={act}>
      <Icon name="trash" />
      <span>{isAsking ? t.inspector.sure : t.actions.delete}</span>
    </button>
  );
}
