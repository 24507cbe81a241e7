// A node as a box, and a pod as a tile.

import type { Node, Pod } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { fullnessOf, nodeState, rolesOf } from '../model/node.ts';
import { componentOf, monogram, podState, workloadKey } from '../model/pod.ts';
import { revisionOf } from '../model/rollout.ts';
import { isSystem } from './state.ts';
import type { View } from './state.ts';

/** As many as a node may have by default. */
const MOST_TILES = 110;

export function NodeBox({ view, node, pods, isDense }: { view: View; node: Node; pods: readonly Pod[]; isDense: boolean }) {
  const t = texts.value;
  const { name } = node.metadata;
  const { text, isReady, isCordoned, isControlPlane } = nodeState(node);
  const [system, own] = [pods.filter(isSystem), pods.filter((pod) => !isSystem(pod))];
  const { cpu, memory } = fullnessOf(node, pods);
  const roles = rolesOf(node).filter((role) => role !== 'control-plane');
  const tiles = (list: readonly Pod[], isFirstBox: boolean) =>
    list
      .slice(0, MOST_TILES)
      .map((pod, i) => <PodTile key={pod.metadata.uid} view={view} pod={pod} isDense={isDense} isFirst={isFirstBox && i === 0} />);
  return (
    <section
      class={`node ${isReady ? '' : 'down'} ${isCordoned ? 'cordoned' : ''}`}
      data-node={name}
      aria-label={`${name}, ${text}, ${t.picture.pods(pods.length)}`}
    >
      <header>
        <button type="button" class="quiet" onClick={() => view.inspect(node)}>
          <i class="dot" aria-hidden="true" />
          <strong>{name}</strong>
        </button>
        {roles.map((role) => (
          <small key={role} class="chip">
            {role}
          </small>
        ))}
        {!isReady && <small class="warn">{text.split(',')[0]}</small>}
        {isCordoned && <small class="chip">{t.picture.cordoned}</small>}
        <span class="grow" />
        <Gauge short="CPU" label="CPU" part={cpu} />
        <Gauge short="MEM" label={t.picture.memory} part={memory} />
      </header>
      {(own.length > 0 || !isControlPlane) && (
        <div class="tiles">
          {tiles(own, true)}
          {own.length > MOST_TILES && <small>+{own.length - MOST_TILES}</small>}
          {own.length === 0 && <span class="nothing">{t.picture.noPods}</span>}
        </div>
      )}
      {system.length > 0 && (
        <div class="tiles system" role="group" aria-label={t.picture.system}>
          {tiles(system, own.length === 0)}
        </div>
      )}
    </section>
  );
}

/** How much of it pods have asked for. */
function Gauge({ short, label, part }: { short: string; label: string; part: number }) {
  const percent = Math.round(part * 100);
  return (
    <span class={`gauge ${part > 0.9 ? 'full' : ''}`} title={texts.value.picture.requested(label, percent)}>
      <span aria-hidden="true">{short}</span>
      <i style={{ '--part': Math.min(1, part) }} aria-hidden="true" />
      <span class="visually-hidden">{texts.value.picture.requested(label, percent)}</span>
    </span>
  );
}

export function PodTile({ view, pod, isDense, isFirst }: { view: View; pod: Pod; isDense: boolean; isFirst: boolean }) {
  const { name, namespace, uid } = pod.metadata;
  const { text, tone, ready, containers } = podState(pod);
  const component = componentOf(pod);
  const about = `${namespace}/${name} · ${text} · ${ready}/${containers}`;
  return (
    <button
      type="button"
      class={`pod ${tone} ${component ? 'named' : ''}`}
      data-uid={uid}
      data-owner={workloadKey(pod)}
      data-revision={revisionOf(pod)}
      tabIndex={isFirst ? 0 : -1}
      title={about}
      aria-label={about}
      onClick={() => view.inspect(pod)}
    >
      {component || (isDense ? '' : monogram(pod))}
    </button>
  );
}
