// The live picture: nodes as boxes, pods in them as tiles. What waits for a node is aside, the control plane on top, what belongs to the system apart in each
// box. Beyond what one can take in, nodes become cells, in groups.

import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Node, Pod } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { byName, fullnessOf, groupNodes, nodeState } from '../model/node.ts';
import { podState, whyWaiting, worst } from '../model/pod.ts';
import type { Tone } from '../model/pod.ts';
import { Icon } from '../parts/icon.tsx';
import { NodeBox, PodTile } from './node-box.tsx';
import type { View } from './state.ts';
import { useMoves } from './moves.ts';

const MOST_BOXES = 24;
/** With more pods than this, tiles are small and have no letters. */
const MANY_PODS = 160;
const MOST_WAITING = 200;
const TONES: readonly Tone[] = ['ok', 'starting', 'unready', 'waiting', 'bad', 'done', 'ending'];

export function Picture({ view }: { view: View }) {
  const t = texts.value;
  const root = useRef<HTMLDivElement>(null);
  const drawn = useRef(new Map<string, Drawn>());
  const nodes = view.live.nodes.items.value;
  const { heads, workers } = useMemo(() => {
    const sorted = [...nodes].sort(byName);
    const isHead = (node: Node): boolean => nodeState(node).isControlPlane;
    return { heads: sorted.filter(isHead), workers: sorted.filter((node) => !isHead(node)) };
  }, [nodes]);
  const isFleet = workers.length > MOST_BOXES;
  useMoves(root, !isFleet);
  const state = view.live.nodes.state.value;
  if (!nodes.length && state === 'loading') return <div class="picture" aria-busy="true" aria-label={t.loading} />;
  const isDense = view.pods.value.length > MANY_PODS;
  if (drawn.current.size > 2 * nodes.length) drawn.current.clear(); // of nodes that are gone
  /** A node that is as it was when it was drawn last is not drawn again. */
  const draw: Draw = (node, form, make) => {
    const pods = view.podsByNode.value.get(node.metadata.name) ?? NO_PODS;
    const key = node.metadata.uid;
    const old = drawn.current.get(key);
    if (old?.node === node && old.pods === pods && old.form === form && old.texts === t) return old.vnode;
    const vnode = make(node, pods, key);
    drawn.current.set(key, { node, pods, form, texts: t, vnode });
    return vnode;
  };
  const box = (node: Node): VNode =>
    draw(node, isDense ? 'dense' : 'box', (_, pods, key) => <NodeBox key={key} view={view} node={node} pods={pods} isDense={isDense} />);
  return (
    <div class={`picture ${isDense ? 'dense' : ''}`} ref={root} onKeyDown={goByArrows} role="group" aria-label={t.picture.title}>
      <Pointer view={view} />
      <Rollouts view={view} />
      <Legend view={view} nodes={nodes.length} />
      <Waiting view={view} isDense={isDense} />
      {heads.length > 0 && (
        <section class="lane heads" aria-label={t.picture.controlPlane}>
          <h2>{t.picture.controlPlane}</h2>
          <div class="nodes">{heads.map(box)}</div>
        </section>
      )}
      <section class="lane" aria-label={t.picture.workers}>
        {(heads.length > 0 || isFleet) && <h2>{t.picture.workers}</h2>}
        {isFleet ? <Fleet view={view} nodes={workers} draw={draw} /> : <div class="nodes">{workers.map(box)}</div>}
        {nodes.length === 0 && <p class="empty">{t.picture.noNodes}</p>}
      </section>
    </div>
  );
}

interface Drawn {
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly form: string;
  readonly texts: unknown;
  readonly vnode: VNode;
}

type Draw = (node: Node, form: string, make: (node: Node, pods: readonly Pod[], key: string) => VNode) => VNode;

const NO_PODS: readonly Pod[] = [];

const nodeSelector = (name: string): string => `[data-node="${CSS.escape(name)}"]`;

/** Puts all pods but those of one workload, or all nodes but some, into the background, without drawing any of them again. */
function Pointer({ view }: { view: View }) {
  const key = view.pointed.value;
  const nodes = view.pointedNodes.value;
  if (!key && !nodes.length) return null;
  const others = key ? `button.pod:not([data-owner="${CSS.escape(key)}"])` : `:is(.node, .cell):not(${nodes.map(nodeSelector).join()})`;
  return <style>{`.picture ${others} { opacity: 0.18 }`}</style>;
}

/** Marks the pods of the new revision of each workload that is being changed, again without drawing any of them. */
function Rollouts({ view }: { view: View }) {
  const tiles = [...view.rollouts.value].map(
    ([key, revision]) => `button.pod[data-owner="${CSS.escape(key)}"][data-revision="${CSS.escape(revision)}"]`,
  );
  return tiles.length ? <style>{`:is(.picture, .drawer) :is(${tiles.join()})::after { display: block }`}</style> : null;
}

/** How many there are of each, and with that, what each colour says. */
function Legend({ view, nodes }: { view: View; nodes: number }) {
  const t = texts.value;
  const tones = view.tones.value;
  return (
    <p class="legend">
      <strong>{t.picture.counts(nodes, view.pods.value.length)}</strong>
      {TONES.filter((tone) => tones.has(tone)).map((tone) => (
        <span key={tone}>
          <i class={`pod ${tone}`} aria-hidden="true" />
          {tones.get(tone)} {t.tones[tone]}
        </span>
      ))}
      {view.rollouts.value.size > 0 && (
        <span>
          <i class="fresh" aria-hidden="true" />
          {t.picture.fresh}
        </span>
      )}
    </p>
  );
}

function Waiting({ view, isDense }: { view: View; isDense: boolean }) {
  const t = texts.value;
  const pods = view.waiting.value;
  if (!pods.length) return null;
  const groups = Map.groupBy(pods.slice(0, MOST_WAITING), whyWaiting);
  return (
    <section class="lane waiting" aria-label={t.picture.waiting}>
      <h2>
        <Icon name="clock" />
        {t.picture.waiting} <small>{pods.length}</small>
      </h2>
      {[...groups].map(([why, members]) => (
        <div key={why} class="reason-of">
          <div class="tiles">
            {members.map((pod, i) => (
              <PodTile key={pod.metadata.uid} view={view} pod={pod} isDense={isDense} isFirst={i === 0} />
            ))}
          </div>
          {why && <p class="why">{why}</p>}
        </div>
      ))}
      {pods.length > MOST_WAITING && <small>+{pods.length - MOST_WAITING}</small>}
    </section>
  );
}

/** A thousand nodes at a glance: how full each is, and where there is trouble. */
function Fleet({ view, nodes, draw }: { view: View; nodes: readonly Node[]; draw: Draw }) {
  const t = texts.value;
  const groups = useMemo(() => groupNodes(nodes), [nodes]);
  return (
    <>
      {groups.map(({ title, nodes: members }) => {
        const counts = members.map((node) => view.podsByNode.value.get(node.metadata.name)?.length ?? 0);
        const notReady = members.filter((node) => !nodeState(node).isReady).length;
        return (
          <section key={title} class="fleet" aria-label={title}>
            <h3>
              {title}{' '}
              <small>
                {t.picture.counts(
                  members.length,
                  counts.reduce((a, b) => a + b, 0),
                )}
              </small>
              {notReady > 0 && <small class="warn">{t.picture.notReady(notReady)}</small>}
            </h3>
            <div class="cells">
              {members.map((node, i) =>
                draw(node, i === 0 ? 'first' : 'cell', (_, pods, key) => (
                  <Cell key={key} view={view} node={node} pods={pods} isFirst={i === 0} />
                )),
              )}
            </div>
          </section>
        );
      })}
    </>
  );
}

function Cell({ view, node, pods, isFirst }: { view: View; node: Node; pods: readonly Pod[]; isFirst: boolean }) {
  const t = texts.value;
  const { text, isReady, isCordoned } = nodeState(node);
  const trouble = worst(pods.map((pod) => podState(pod).tone));
  const { cpu, memory, pods: part } = fullnessOf(node, pods);
  const fill = Math.min(1, Math.max(cpu, memory, part));
  const tone = isReady ? (trouble === undefined || trouble === 'done' ? 'empty' : trouble) : 'down';
  return (
    <button
      type="button"
      class={`cell ${tone} ${isCordoned ? 'cordoned' : ''}`}
      data-node={node.metadata.name}
      tabIndex={isFirst ? 0 : -1}
      style={{ '--fill': fill }}
      title={`${node.metadata.name} · ${text} · ${t.picture.pods(pods.length)}`}
      aria-label={`${node.metadata.name}, ${text}, ${t.picture.pods(pods.length)}`}
      onClick={() => view.inspect(node)}
    >
      {pods.length || ''}
    </button>
  );
}

/** From tile to tile by the arrow keys; Tab goes from box to box. */
function goByArrows(event: KeyboardEvent): void {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const from = event.target as HTMLElement;
  if (!by || !from.matches('.pod, .cell')) return;
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('button.pod, button.cell')];
  all[all.indexOf(from) + by]?.focus();
  event.preventDefault();
}
