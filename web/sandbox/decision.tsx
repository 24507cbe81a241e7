// Why a pod is where it is, or nowhere: each node as a row, how far it came through the filters, and what it scored, plugin upon plugin. Fetched when it is
// first wanted; the decision itself is asked for again whenever there may be another.

import '../styles/decision.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Pod } from '../cluster/kinds.ts';
import { CallError, front } from '../front/client.ts';
import type { Decision } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { decisionKey, tableOf, victimsOf } from '../model/decision.ts';
import type { Row, Score, Table } from '../model/decision.ts';
import { componentOf } from '../model/pod.ts';
import { ageOf } from '../model/time.ts';
import { Notice } from '../parts/field.tsx';
import { explain } from '../parts/toast.tsx';
import type { View } from './state.ts';

export function DecisionPane({ view, pod }: { view: View; pod: Pod }) {
  const t = texts.value;
  const { decision, problem } = useDecision(view, pod);
  const table = useMemo(() => decision && tableOf(decision), [decision]);
  useEffect(
    () => () => {
      view.pointedNodes.value = [];
    },
    [view],
  );
  if (componentOf(pod)) return <p>{t.decision.isStatic(pod.spec.nodeName ?? '')}</p>;
  if (!decision && problem instanceof CallError && problem.status === 404) return <p>{t.decision.unknown(pod.spec.schedulerName ?? '')}</p>;
  if (problem !== undefined && !decision) return <Notice title={t.inspector.failed} text={explain(problem)} />;
  if (!decision || !table) return <div class="skeleton" aria-busy="true" aria-label={t.loading} />;
  return (
    <>
      <Verdict view={view} decision={decision} table={table} />
      <Preemption view={view} pod={pod} />
      {table.rows.length > 0 && (
        <ol class="verdicts" aria-label={t.decision.nodes}>
          {table.rows.map((row) => (
            <RowOf key={row.nodes[0]} view={view} row={row} table={table} decision={decision} />
          ))}
        </ol>
      )}
      {decision.skipped > 0 && <p class="hint">{table.rows.length ? t.decision.skipped(decision.skipped) : t.decision.noneLooked}</p>}
      {table.plugins.length > 0 && (
        <section>
          <h3>{t.decision.scores}</h3>
          <ul class="plugins">
            {table.plugins.map((plugin, i) => (
              <PluginLine key={plugin} plugin={plugin}>
                <i class="swatch" style={hueOf(i)} aria-hidden="true" />
              </PluginLine>
            ))}
          </ul>
        </section>
      )}
      {decision.filters.length > 0 && (
        <section>
          <h3>{t.decision.filters}</h3>
          <ol class="plugins">
            {decision.filters.map((plugin, i) => (
              <PluginLine key={plugin} plugin={plugin}>
                <small aria-hidden="true">{i + 1}</small>
              </PluginLine>
            ))}
          </ol>
        </section>
      )}
    </>
  );
}

/** While it waits, it is tried again and again. */
const ASK_AGAIN_MS = 3000;

function useDecision({ sandboxId = '' }: View, pod: Pod): { decision: Decision | undefined; problem: unknown } {
  const [decision, setDecision] = useState<Decision | undefined>(undefined);
  const [problem, setProblem] = useState<unknown>(undefined);
  const { namespace = '', name } = pod.metadata;
  const isWaiting = !pod.spec.nodeName;
  useEffect(() => {
    let isGone = false;
    const ask = (): void =>
      void front.decision(sandboxId, namespace, name).then(
        (found) => {
          if (isGone) return;
          setDecision(found);
          setProblem(undefined);
        },
        (error: unknown) => !isGone && setProblem(error),
      );
    ask();
    const timer = isWaiting ? setInterval(() => !document.hidden && ask(), ASK_AGAIN_MS) : undefined;
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [sandboxId, namespace, name, isWaiting, decisionKey(pod)]);
  return { decision, problem };
}

function Verdict({ view, decision, table }: { view: View; decision: Decision; table: Table }) {
  const t = texts.value;
  const { chosen, message, isRemembered, profile, time, skipped } = decision;
  const looked = skipped ? table.fitting + table.refused : undefined;
  const row = table.rows.find(({ isChosen }) => isChosen);
  const isTie = !!row?.score && table.rows.some(({ score, isChosen }) => !isChosen && score?.total === row.score!.total);
  return (
    <div class="verdict">
      <p>
        {chosen === undefined
          ? t.decision.nowhere(table.fitting)
          : !row || row.refused
            ? t.decision.elsewhere(chosen)
            : t.decision.chosen(chosen, table.fitting, looked)}
        {isTie && ` ${t.decision.tie}`}
      </p>
      {message && <p class="words">{message}</p>}
      <p class="hint">{isRemembered ? t.decision.by(profile, ageOf(time, view.live.time.now.value)) : t.decision.anew}</p>
    </div>
  );
}

/** Who went, or goes, to make room. */
function Preemption({ view, pod }: { view: View; pod: Pod }) {
  const t = texts.value;
  const victims = victimsOf(pod, view.live.events.items.value);
  const { nominatedNodeName } = pod.status;
  const node = pod.spec.nodeName ? '' : nominatedNodeName;
  if (!victims.length && !node) return null;
  return (
    <section class="preemption">
      <h3>{t.decision.preemption}</h3>
      {node && <p>{t.decision.nominated(node)}</p>}
      {victims.length > 0 && (
        <ul>
          {victims.map(({ namespace, name, node: from }) => (
            <li key={`${namespace}/${name}/${from}`}>
              <button type="button" class="link" onClick={() => view.inspect({ apiVersion: 'v1', kind: 'Pod', namespace, name }, 'events')}>
                {namespace}/{name}
              </button>{' '}
              <small>{t.decision.victim(from)}</small>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function RowOf({ view, row, table, decision }: { view: View; row: Row; table: Table; decision: Decision }) {
  const t = texts.value;
  const { nodes, isChosen, refused, score } = row;
  const point = (): void => {
    view.pointedNodes.value = nodes;
  };
  const leave = (): void => {
    view.pointedNodes.value = [];
  };
  return (
    <li
      class={refused ? 'refused' : isChosen ? 'chosen' : ''}
      onMouseEnter={point}
      onMouseLeave={leave}
      onFocusIn={point}
      onFocusOut={leave}
    >
      <span class="head">
        {nodes.length === 1 ? (
          <button
            type="button"
            class="link"
            onClick={() => view.inspect({ apiVersion: 'v1', kind: 'Node', namespace: '', name: nodes[0]! })}
          >
            {nodes[0]}
          </button>
        ) : (
          <details>
            <summary>{t.home.nodes(nodes.length)}</summary>
            <small>{nodes.join(', ')}</small>
          </details>
        )}
        {isChosen && <small class="chip here">{t.decision.here}</small>}
      </span>
      <Steps row={row} filters={decision.filters} />
      {score && <Bar score={score} table={table} />}
      {refused && (
        <span class="reason">
          <strong>{refused.plugin}</strong> {refused.text}
        </span>
      )}
      {score && !isChosen && decision.chosen !== undefined && <Differences score={score} />}
    </li>
  );
}

/** How far a node came: one mark a filter. */
function Steps({ row: { steps, refused }, filters }: { row: Row; filters: readonly string[] }) {
  const t = texts.value;
  const passed = steps.filter((step) => step === 'passed').length;
  const label = refused ? t.decision.refusedBy(refused.plugin, passed, steps.length) : t.decision.passed(steps.length);
  return (
    <span class="steps-through" role="img" aria-label={label}>
      {steps.map((step, i) => (
        <i key={filters[i]} class={step} title={`${i + 1} ${filters[i]!}: ${t.decision.steps[step]}`} />
      ))}
    </span>
  );
}

function Bar({ score: { total, parts }, table: { plugins, most } }: { score: Score; table: Table }) {
  const said = parts.map(({ plugin, score }) => `${plugin} ${Math.round(score)}`).join(', ');
  return (
    <span class="score">
      <span class="bar-of" role="img" aria-label={said}>
        {parts.map(({ plugin, score }) => (
          <i
            key={plugin}
            title={`${plugin} ${Math.round(score)}`}
            style={{ ...hueOf(plugins.indexOf(plugin)), width: `${(100 * score) / (most || 1)}%` }}
          />
        ))}
      </span>
      <strong>{Math.round(total)}</strong>
    </span>
  );
}

const MOST_DIFFERENCES = 3;

function Differences({ score: { differences } }: { score: Score }) {
  if (!differences.length) return null;
  return (
    <small class="differences">
      {differences.slice(0, MOST_DIFFERENCES).map(({ plugin, by }) => (
        <span key={plugin}>
          {by > 0 ? '+' : '−'}
          {Math.abs(Math.round(by))} {plugin}
        </span>
      ))}
    </small>
  );
}

function PluginLine({ plugin, children }: { plugin: string; children: ComponentChildren }) {
  const about = (texts.value.decision.plugins as Readonly<Record<string, string>>)[plugin];
  return (
    <li>
      {children}
      <span>
        <strong>{plugin}</strong> {about && <small>{about}</small>}
      </span>
    </li>
  );
}

const HUES = 8;
const hueOf = (index: number): Record<string, string> => ({ '--hue': `var(--hue-${index % HUES})` });
