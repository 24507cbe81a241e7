// What an object comes to: the facts of any object, and those of the kinds that people look at most.

import type { ContainerStatus } from '../../worker/api/gen/core-v1.ts';
import type { HorizontalPodAutoscaler, KubeObject, Node, Pod } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { nodeState, rolesOf } from '../model/node.ts';
import { podState, whyNot, workloadKey } from '../model/pod.ts';
import { byRevision } from '../model/rollout.ts';
import { ageOf } from '../model/time.ts';
import { countsOf } from '../model/workload.ts';
import { AutoscalerFacts, Autoscalers, Metrics } from './autoscaler.tsx';
import { ConditionRows, Row } from './facts.tsx';
import type { Condition } from './facts.tsx';
import { PodTile } from './node-box.tsx';
import type { View } from './state.ts';

interface Anything extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly schedule?: string;
    readonly type?: string;
    readonly clusterIP?: string;
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] } };
  };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

export function Summary({ view, object }: { view: View; object: KubeObject }) {
  const t = texts.value;
  const { metadata, spec, status } = object as Anything;
  const now = view.live.time.now.value;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller) ?? metadata.ownerReferences?.[0];
  const isPod = object.kind === 'Pod';
  const isNode = object.kind === 'Node';
  const autoscaler = object.kind === 'HorizontalPodAutoscaler' ? (object as HorizontalPodAutoscaler) : undefined;
  const counts = countsOf(object);
  const images = spec?.template?.spec?.containers?.map(({ image }) => image).filter(Boolean) ?? [];
  return (
    <>
      <dl class="list">
        {isPod && <PodFacts view={view} pod={object as Pod} />}
        {isNode && <NodeFacts node={object as Node} />}
        {autoscaler && <AutoscalerFacts view={view} autoscaler={autoscaler} />}
        {!isPod && !isNode && status?.phase && <Row term={t.inspector.phase}>{status.phase}</Row>}
        {counts && <Row term={t.inspector.pods}>{counts}</Row>}
        {spec?.schedule && (
          <Row term={t.inspector.schedule}>
            <code>{spec.schedule}</code>
          </Row>
        )}
        {spec?.type && <Row term={t.inspector.type}>{spec.type}</Row>}
        {spec?.clusterIP && <Row term={t.inspector.clusterIp}>{spec.clusterIP}</Row>}
        {images.length > 0 && (
          <Row term={t.inspector.images}>
            {images.map((image) => (
              <code key={image}>{image}</code>
            ))}
          </Row>
        )}
        <Row term={t.fields.age}>
          <span title={metadata.creationTimestamp}>{ageOf(metadata.creationTimestamp, now)}</span>
        </Row>
        {metadata.deletionTimestamp && <Row term={t.inspector.deleting}>{metadata.deletionTimestamp}</Row>}
        {owner && (
          <Row term={t.inspector.owner}>
            <button
              type="button"
              class="link"
              onClick={() =>
                view.inspect({ apiVersion: owner.apiVersion, kind: owner.kind, namespace: metadata.namespace ?? '', name: owner.name })
              }
            >
              {owner.kind.toLowerCase()}/{owner.name}
            </button>
          </Row>
        )}
        <Pairs term={t.inspector.labels} pairs={metadata.labels} />
        <Pairs term={t.inspector.annotations} pairs={shortOnes(metadata.annotations)} />
        {!!metadata.finalizers?.length && <Row term={t.inspector.finalizers}>{metadata.finalizers.join(', ')}</Row>}
      </dl>
      {isPod && <Containers view={view} pod={object as Pod} />}
      {autoscaler && <Metrics autoscaler={autoscaler} />}
      <Members view={view} object={object} />
      <Autoscalers view={view} object={object} />
      <Conditions conditions={status?.conditions} now={now} />
    </>
  );
}

const Pairs = ({ term, pairs }: { term: string; pairs: Readonly<Record<string, string>> | undefined }) => {
  const all = Object.entries(pairs ?? {});
  if (!all.length) return null;
  return (
    <Row term={term}>
      {all.map(([key, value]) => (
        <code key={key} class="pair">
          {key}={value}
        </code>
      ))}
    </Row>
  );
};

const LONG = 120;
/** What was last applied is in the YAML. */
const shortOnes = (pairs: Readonly<Record<string, string>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(pairs ?? {}).filter(([, value]) => value.length <= LONG));

function PodFacts({ view, pod }: { view: View; pod: Pod }) {
  const t = texts.value;
  const { text, tone, ready, containers, restarts } = podState(pod);
  const why = whyNot(pod);
  const claims = pod.spec.volumes?.flatMap(({ persistentVolumeClaim: claim }) => (claim ? [claim.claimName] : [])) ?? [];
  const { namespace = '' } = pod.metadata;
  const { nodeName } = pod.spec;
  return (
    <>
      <Row term={t.inspector.status}>
        <span class={`how ${tone}`}>{text}</span> {ready}/{containers}
      </Row>
      {why && <Row term={t.inspector.why}>{why}</Row>}
      {nodeName && (
        <Row term={t.inspector.node}>
          <button
            type="button"
            class="link"
            onClick={() => view.inspect({ apiVersion: 'v1', kind: 'Node', namespace: '', name: nodeName })}
          >
            {nodeName}
          </button>
        </Row>
      )}
      {pod.status.podIP && <Row term="IP">{pod.status.podIP}</Row>}
      {restarts > 0 && <Row term={t.inspector.restarts}>{restarts}</Row>}
      {claims.length > 0 && (
        <Row term={t.inspector.claims}>
          {claims.map((name) => (
            <button
              key={name}
              type="button"
              class="link"
              onClick={() => view.inspect({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name })}
            >
              {name}
            </button>
          ))}
        </Row>
      )}
      {pod.status.qosClass && <Row term="QoS">{pod.status.qosClass}</Row>}
    </>
  );
}

function NodeFacts({ node }: { node: Node }) {
  const t = texts.value;
  const { text, isReady } = nodeState(node);
  const why = isReady ? '' : node.status.conditions?.find(({ type }) => type === 'Ready')?.message;
  const { allocatable, nodeInfo, addresses } = node.status;
  const roles = rolesOf(node);
  return (
    <>
      <Row term={t.inspector.status}>
        <span class={`how ${isReady ? 'ok' : 'bad'}`}>{text}</span>
      </Row>
      {why && <Row term={t.inspector.why}>{why}</Row>}
      {roles.length > 0 && <Row term={t.inspector.roles}>{roles.join(', ')}</Row>}
      {nodeInfo?.kubeletVersion && <Row term="kubelet">{nodeInfo.kubeletVersion}</Row>}
      {addresses?.map(({ type, address }) => (
        <Row key={type + address} term={type}>
          {address}
        </Row>
      ))}
      <Row term={t.inspector.allocatable}>
        {['cpu', 'memory', 'pods'].map((one) => (
          <code key={one} class="pair">
            {one}={allocatable?.[one]}
          </code>
        ))}
      </Row>
      {!!node.spec.taints?.length && (
        <Row term={t.inspector.taints}>
          {node.spec.taints.map(({ key, value, effect }) => (
            <code key={key + effect} class="pair">
              {key}
              {value && `=${value}`}:{effect}
            </code>
          ))}
        </Row>
      )}
    </>
  );
}

function Containers({ view, pod }: { view: View; pod: Pod }) {
  const t = texts.value;
  const { spec, status } = pod;
  const now = view.live.time.now.value;
  const of = (name: string, statuses: readonly ContainerStatus[] | undefined) => statuses?.find((one) => one.name === name);
  const all = [
    ...(spec.initContainers ?? []).map((one) => ({ ...one, isFirst: true, is: of(one.name, status.initContainerStatuses) })),
    ...spec.containers.map((one) => ({ ...one, isFirst: false, is: of(one.name, status.containerStatuses) })),
  ];
  return (
    <section>
      <h3>{t.inspector.containers}</h3>
      <ul class="rows">
        {all.map(({ name, image, isFirst, is }) => (
          <li key={name}>
            <span class="grow">
              <strong>{name}</strong> {isFirst && <small class="chip">init</small>}
              <small>
                <code>{image}</code>
              </small>
              {is?.lastState.terminated && (
                <small>{t.inspector.lastEnd(is.lastState.terminated.reason ?? '', is.lastState.terminated.exitCode)}</small>
              )}
              {is?.state.waiting?.message && <small>{is.state.waiting.message}</small>}
            </span>
            <span>
              {is?.state.running
                ? t.inspector.running(ageOf(is.state.running.startedAt, now))
                : (is?.state.waiting?.reason ?? is?.state.terminated?.reason ?? '–')}
              {!!is?.restartCount && <small> ×{is.restartCount}</small>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The pods on a node, or of a workload. */
function Members({ view, object }: { view: View; object: KubeObject }) {
  const t = texts.value;
  const { kind, metadata } = object;
  const key = `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
  const pods = view.live.pods.items.value.filter((pod) =>
    kind === 'Node'
      ? pod.spec.nodeName === metadata.name
      : pod.metadata.namespace === metadata.namespace &&
        (workloadKey(pod) === key || pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid)),
  );
  if (!pods.length) return null;
  const fresh = view.rollouts.value.get(key);
  const tiles = (list: readonly Pod[]) => (
    <div class="tiles">
      {list.map((pod, i) => (
        <PodTile key={pod.metadata.uid} view={view} pod={pod} isDense={pods.length > 60} isFirst={i === 0} />
      ))}
    </div>
  );
  return (
    <section>
      <h3>
        {t.inspector.pods} <small>{pods.length}</small>
      </h3>
      {fresh
        ? byRevision(pods, fresh).map(({ revision, images, pods: members }) => (
            <div key={revision} class="reason-of">
              <p class="hint">
                {revision === fresh ? t.inspector.fresh : t.inspector.former} · <code>{images.join(', ')}</code> · {members.length}
              </p>
              {tiles(members)}
            </div>
          ))
        : tiles(pods)}
    </section>
  );
}

function Conditions({ conditions, now }: { conditions: readonly Condition[] | undefined; now: number }) {
  if (!conditions?.length) return null;
  return (
    <section>
      <h3>{texts.value.inspector.conditions}</h3>
      <ConditionRows conditions={conditions} now={now} />
    </section>
  );
}
