// A sandbox, whole: the bar with its clock and its doors, the live picture, and beside it the workloads, events and objects.

import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Live } from '../cluster/live.ts';
import type { Sandbox, SharedSandbox } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { span } from '../model/time.ts';
import { SettingsDialog } from '../pages/settings-dialog.tsx';
import { Guard } from '../parts/guard.tsx';
import { Icon } from '../parts/icon.tsx';
import { tabId, Tabs } from '../parts/tabs.tsx';
import { ApplyDialog } from './apply.tsx';
import { ClockBar, ClockFace } from './clock.tsx';
import { ConnectDialog } from './connect.tsx';
import { EventList } from './events.tsx';
import { Inspector } from './inspector.tsx';
import { ObjectTable } from './objects.tsx';
import { Picture } from './picture.tsx';
import { ShareDialog } from './share.tsx';
import { makeView } from './state.ts';
import type { View } from './state.ts';
import { WorkloadList } from './workloads.tsx';

interface Props {
  readonly live: Live;
  /** One's own. */
  readonly sandbox?: Sandbox;
  onChange?(changed: Sandbox): void;
  /** Somebody else's, by a link. */
  readonly shared?: SharedSandbox & { readonly token: string };
}

type Open = 'connect' | 'share' | 'apply' | 'rename' | undefined;
const TABS = ['workloads', 'events', 'objects'] as const;
type Tab = (typeof TABS)[number] | 'picture';

export function SandboxView({ live, sandbox, shared, onChange }: Props) {
  const t = texts.value;
  const view = useMemo(() => makeView(live, sandbox?.id), [live, sandbox?.id]);
  const [open, setOpen] = useState<Open>(undefined);
  const close = (): void => setOpen(undefined);
  const about = sandbox ?? shared!.sandbox;
  return (
    <div class="sandbox">
      {shared && (
        <p class={`banner mode-${shared.mode}`} role="note">
          <Icon name={shared.mode === 'view' ? 'eye' : 'edit'} />
          <span>{shared.mode === 'view' ? t.shared.viewing : t.shared.editing}</span>
        </p>
      )}
      <div class="toolbar">
        <h1>
          {about.name}
          {sandbox && (
            <button
              type="button"
              class="quiet square"
              aria-label={t.make.change(sandbox.name)}
              title={t.actions.rename}
              onClick={() => setOpen('rename')}
            >
              <Icon name="edit" />
            </button>
          )}
        </h1>
        <span class="chip wide-only">v{about.version}</span>
        {sandbox?.expiresAt && <span class="chip wide-only">{t.home.endsIn(span(Date.parse(sandbox.expiresAt) - Date.now()))}</span>}
        <State view={view} />
        <span class="grow" />
        {sandbox ? <ClockBar id={sandbox.id} speed={sandbox.speed} time={live.time} /> : <ClockFace time={live.time} />}
        <NamespaceSelect view={view} />
        {view.mayEdit && (
          <button type="button" onClick={() => setOpen('apply')} title={t.apply.title}>
            <Icon name="plus" />
            <span class="label">{t.sandbox.apply}</span>
          </button>
        )}
        {sandbox && (
          <button type="button" onClick={() => setOpen('share')} title={t.share.title}>
            <Icon name="share" />
            <span class="label">{t.sandbox.share}</span>
          </button>
        )}
        <button type="button" class="primary" onClick={() => setOpen('connect')} title={t.connect.title}>
          <Icon name="terminal" />
          <span class="label">kubectl</span>
        </button>
      </div>
      <Refusal view={view} />
      <Panes view={view} />
      <Guard>
        <Inspector view={view} />
      </Guard>
      {open === 'connect' && (
        <ConnectDialog name={about.name} {...(sandbox ? { id: sandbox.id } : { token: shared!.token })} onClose={close} />
      )}
      {open === 'share' && sandbox && <ShareDialog id={sandbox.id} onClose={close} />}
      {open === 'apply' && <ApplyDialog view={view} id={sandbox?.id} onClose={close} />}
      {open === 'rename' && sandbox && <SettingsDialog sandbox={sandbox} onClose={close} onDone={(changed) => onChange?.(changed)} />}
    </div>
  );
}

/** Beside each other where there is room; one at a time, the picture being one of them, where there is not. */
function Panes({ view }: { view: View }) {
  const t = texts.value;
  const [tab, setTab] = useState<Tab>('picture');
  const isNarrow = useNarrow();
  const shown = isNarrow ? tab : tab === 'picture' ? 'workloads' : tab;
  const warnings = view.warnings.value;
  const labels: Record<Tab, ComponentChildren> = {
    picture: t.sandbox.tabs.picture,
    workloads: (
      <>
        {t.sandbox.tabs.workloads} <small>{view.workloads.value.length}</small>
      </>
    ),
    events: (
      <>
        {t.sandbox.tabs.events} {warnings > 0 && <small class="warn">{warnings}</small>}
      </>
    ),
    objects: t.sandbox.tabs.objects,
  };
  const tabs: readonly Tab[] = isNarrow ? ['picture', ...TABS] : TABS;
  return (
    <div class="panes">
      {!isNarrow && <Picture view={view} />}
      <aside class="side">
        <Tabs
          label={t.sandbox.panes}
          tabs={tabs.map((value) => ({ value, label: labels[value] }))}
          chosen={shown}
          controls="pane"
          onChoose={setTab}
        />
        <div id="pane" role="tabpanel" aria-labelledby={tabId('pane', shown)} tabIndex={-1}>
          {shown === 'picture' && <Picture view={view} />}
          {shown === 'workloads' && <WorkloadList view={view} />}
          {shown === 'events' && <EventList view={view} events={view.events.value} empty={t.events.none} />}
          {shown === 'objects' && <ObjectTable view={view} />}
        </div>
      </aside>
    </div>
  );
}

function useNarrow(): boolean {
  const query = useMemo(() => matchMedia('(max-width: 900px)'), []);
  const [isNarrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const look = (): void => setNarrow(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, [query]);
  return isNarrow;
}

function State({ view }: { view: View }) {
  const t = texts.value;
  const state = view.live.state.value;
  return (
    <span class={`state ${state}`} role="status">
      <i aria-hidden="true" />
      <span>{t.sandbox.states[state]}</span>
    </span>
  );
}

/** Why nothing comes any more. What was there stays to be seen. */
function Refusal({ view }: { view: View }) {
  if (view.live.state.value !== 'refused') return null;
  const problem = view.live.nodes.problem.value ?? view.live.pods.problem.value;
  return (
    <p class="banner" role="alert">
      <span>{problem?.message || texts.value.errors.unknown}</span>
      <a href="/">{texts.value.missing.home}</a>
    </p>
  );
}

function NamespaceSelect({ view }: { view: View }) {
  const t = texts.value;
  return (
    <select
      class="namespace"
      aria-label={t.sandbox.namespace}
      value={view.namespace.value}
      onChange={({ currentTarget }) => (view.namespace.value = currentTarget.value)}
    >
      <option value="">{t.sandbox.allNamespaces}</option>
      {view.namespaces.value.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}
