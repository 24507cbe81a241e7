// One object, from near: what it comes to, its YAML, its events; a pod's logs and a terminal in it. And what is often done to it.

import { useComputed } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Collection } from '../cluster/collection.ts';
import { KubeError } from '../cluster/kube.ts';
import type { KubeObject, ObjectRef, Pod } from '../cluster/kinds.ts';
import type { Live } from '../cluster/live.ts';
import { texts } from '../locales/index.ts';
import { scalersOf } from '../model/autoscaler.ts';
import { aboutAll, newestEvents } from '../model/event.ts';
import { Notice } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Lazy } from '../parts/lazy.tsx';
import { tabId, Tabs } from '../parts/tabs.tsx';
import { explain } from '../parts/toast.tsx';
import { Actions } from './actions.tsx';
import { EventList } from './events.tsx';
import { LogPane } from './logs.tsx';
import type { InspectorTab, View } from './state.ts';
import { Summary } from './summary.tsx';
import { TerminalPane } from './terminal.tsx';
import { YamlPane } from './yaml.tsx';

const MOST_EVENTS = 300;

/** Those that scroll in themselves. */
const FILLING: ReadonlySet<InspectorTab> = new Set(['yaml', 'logs', 'terminal']);

export function Inspector({ view }: { view: View }) {
  const ref = view.inspected.value;
  if (!ref) return null;
  return <Drawer key={`${ref.apiVersion}/${ref.kind}/${ref.namespace}/${ref.name}`} view={view} of={ref} />;
}

function Drawer({ view, of }: { view: View; of: ObjectRef }) {
  const t = texts.value;
  const tab = view.tab.value;
  const { object, problem } = useObject(view.live, of);
  const root = useRef<HTMLElement>(null);
  const events = useComputed(() => {
    const scalers = new Set(scalersOf(view.live.autoscalers.items.value, of).map(({ metadata }) => metadata.name));
    const isAbout = aboutAll(of, scalers);
    return view.live.events.items.value.filter(isAbout);
  }).value;
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    root.current?.focus();
    return () => {
      // Unless somebody went elsewhere meanwhile, focus goes back to where it came from.
      if (root.current?.contains(document.activeElement) || document.activeElement === document.body) before?.focus();
      view.pointed.value = ''; // focus that only came back points at nothing
    };
  }, []);
  const close = (): void => {
    view.inspected.value = undefined;
  };
  // Wherever the focus is: what had it may be gone. In a terminal, Escape is the shell's; in a dialog, the dialog's.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented && tab !== 'terminal' && !document.querySelector('dialog[open]')) close();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  const isPod = of.kind === 'Pod' && of.apiVersion === 'v1';
  const hasNode = !!(object as Pod | undefined)?.spec?.nodeName;
  const tabs: readonly InspectorTab[] = [
    'summary',
    ...(isPod && view.sandboxId ? (['decision'] as const) : []),
    'yaml',
    'events',
    ...(isPod ? (['logs'] as const) : []),
    ...(isPod && view.mayEdit ? (['terminal'] as const) : []),
  ];
  return (
    <aside class="drawer" ref={root} role="dialog" aria-label={`${of.kind} ${of.name}`} tabIndex={-1}>
      <header>
        <div class="grow">
          <small>
            {of.kind}
            {of.namespace && ` · ${of.namespace}`}
          </small>
          <h2>{of.name}</h2>
        </div>
        <button type="button" class="quiet square" aria-label={t.actions.close} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {object && view.mayEdit && <Actions view={view} object={object} />}
      <Tabs
        label={`${of.kind} ${of.name}`}
        tabs={tabs.map((value) => ({
          value,
          label: (
            <>
              {value === 'decision' ? t.decision.title(hasNode) : t.inspector.tabs[value]}{' '}
              {value === 'events' && events.length > 0 && <small>{events.length}</small>}
            </>
          ),
        }))}
        chosen={tab}
        controls="inspected"
        onChoose={(chosen) => (view.tab.value = chosen)}
      />
      <div
        class={FILLING.has(tab) ? 'drawer-body fills' : 'drawer-body'}
        id="inspected"
        role="tabpanel"
        aria-labelledby={tabId('inspected', tab)}
      >
        {problem !== undefined && !object ? (
          <Notice
            title={problem instanceof KubeError && problem.status === 404 ? t.inspector.gone : t.inspector.failed}
            text={problem instanceof KubeError && problem.status === 404 ? t.inspector.goneText : explain(problem)}
          />
        ) : !object ? (
          <div class="skeleton" aria-busy="true" />
        ) : (
          <>
            {tab === 'summary' && <Summary view={view} object={object} />}
            {tab === 'decision' && <Lazy load={loadDecision} view={view} pod={object as Pod} />}
            {tab === 'yaml' && <YamlPane view={view} object={object} of={of} />}
            {tab === 'events' && <EventList view={view} events={newestEvents(events, MOST_EVENTS)} empty={t.events.noneOf} />}
            {tab === 'logs' && <LogPane view={view} pod={object as Pod} />}
            {tab === 'terminal' && <TerminalPane view={view} pod={object as Pod} />}
          </>
        )}
      </div>
    </aside>
  );
}

const loadDecision = async () => (await import('./decision.tsx')).DecisionPane;

const POLL_MS = 2000;

/** As it is now: from what is watched anyhow, or by asking. */
function useObject(live: Live, of: ObjectRef): { object: KubeObject | undefined; problem: unknown } {
  const watched = collectionOf(live, of);
  const found = useComputed(() =>
    watched?.items.value.find(({ metadata }) => metadata.name === of.name && (metadata.namespace ?? '') === of.namespace),
  ).value;
  const [asked, setAsked] = useState<KubeObject | undefined>(undefined);
  const [problem, setProblem] = useState<unknown>(undefined);
  useEffect(() => {
    if (watched) return undefined;
    let isGone = false;
    const ask = async (): Promise<void> => {
      try {
        const object = await live.kube.json<KubeObject>('GET', await live.discovery.pathOf(of));
        if (isGone) return;
        setAsked((old) => (old?.metadata.resourceVersion === object.metadata.resourceVersion ? old : object));
        setProblem(undefined);
      } catch (error) {
        if (isGone) return;
        setProblem(error);
        if (error instanceof KubeError && error.status === 404) setAsked(undefined);
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), POLL_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [live, of, watched]);
  if (!watched) return { object: asked, problem };
  const isMissing = !found && watched.state.value !== 'loading';
  return { object: found, problem: isMissing ? new KubeError(404, 'NotFound', '') : undefined };
}

function collectionOf(live: Live, { apiVersion, kind }: ObjectRef): Collection<KubeObject> | undefined {
  const all: Record<string, unknown> = {
    'v1 Node': live.nodes,
    'v1 Pod': live.pods,
    'v1 Namespace': live.namespaces,
    'apps/v1 Deployment': live.deployments,
    'apps/v1 StatefulSet': live.statefulSets,
    'apps/v1 DaemonSet': live.daemonSets,
    'batch/v1 Job': live.jobs,
    'batch/v1 CronJob': live.cronJobs,
    'autoscaling/v2 HorizontalPodAutoscaler': live.autoscalers,
  };
  return all[`${apiVersion} ${kind}`] as Collection<KubeObject> | undefined;
}
