// My sandboxes: make, open, rename, copy, delete.

import { useEffect, useState } from 'preact/hooks';
import { front } from '../front/client.ts';
import { me, refreshSandboxes, replaceSandbox, sandboxes, sandboxesProblem } from '../front/session.ts';
import type { Sandbox } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { ageOf, span } from '../model/time.ts';
import { CodeLine } from '../parts/copy.tsx';
import { Notice } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Menu } from '../parts/menu.tsx';
import { attempt, complain, explain, toast } from '../parts/toast.tsx';
import { navigate } from '../router.ts';
import { title } from '../title.ts';
import { MakeDialog } from './make-dialog.tsx';
import { SettingsDialog } from './settings-dialog.tsx';
import { Tank } from './tank.tsx';

/** As long as a deletion can be taken back. */
const REGRET_MS = 6000;
const REFRESH_MS = 30_000;

export function HomePage() {
  const t = texts.value;
  const [isMaking, setMaking] = useState(false);
  useEffect(() => {
    title.value = '';
    void refreshSandboxes();
    const timer = setInterval(() => !document.hidden && void refreshSandboxes(), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const all = sandboxes.value;
  return (
    <div class="page">
      {all === undefined ? (
        sandboxesProblem.value === undefined ? (
          <Loading />
        ) : (
          <Notice title={t.home.failed} text={explain(sandboxesProblem.value)}>
            <button type="button" class="primary" onClick={() => void refreshSandboxes()}>
              {t.actions.retry}
            </button>
          </Notice>
        )
      ) : all.length === 0 ? (
        <Welcome onMore={() => setMaking(true)} />
      ) : (
        <List all={all} onMake={() => setMaking(true)} />
      )}
      {isMaking && <MakeDialog onClose={() => setMaking(false)} />}
    </div>
  );
}

const Loading = () => (
  <div class="sandboxes" aria-busy="true" aria-label={texts.value.loading}>
    {[0, 1, 2].map((one) => (
      <div key={one} class="panel skeleton" />
    ))}
  </div>
);

function Welcome({ onMore }: { onMore(): void }) {
  const t = texts.value;
  const [isBusy, setBusy] = useState(false);
  const make = (): void => {
    setBusy(true);
    attempt(async () => {
      try {
        navigate(`/sandboxes/${(await front.makeSandbox({})).id}`);
      } finally {
        setBusy(false);
      }
    });
  };
  return (
    <section class="welcome">
      <div>
        <h1>{t.home.welcome}</h1>
        <p class="lead">{t.home.lead}</p>
        <div class="row">
          <button type="button" class="primary large" disabled={isBusy} onClick={make}>
            {isBusy ? t.home.making : t.home.first}
          </button>
          <button type="button" class="large" onClick={onMore}>
            {t.home.options}
          </button>
        </div>
        <p class="hint">{t.home.orShell}</p>
        <CodeLine wraps text={`curl -sX POST ${location.origin}/api/v1/sandboxes -H 'accept: application/yaml' > kubeconfig`} />
      </div>
      <Tank />
    </section>
  );
}

function List({ all, onMake }: { all: readonly Sandbox[]; onMake(): void }) {
  const t = texts.value;
  const most = me.value?.limits.sandboxes;
  return (
    <>
      <header class="page-head">
        <div>
          <h1>{t.home.title}</h1>
          {most !== undefined && <p class="hint">{t.home.quota(all.length, most)}</p>}
        </div>
        <button type="button" class="primary" onClick={onMake}>
          <Icon name="plus" />
          <span>{t.home.make}</span>
        </button>
      </header>
      <ul class="sandboxes">
        {all.map((sandbox) => (
          <Card key={sandbox.id} sandbox={sandbox} />
        ))}
      </ul>
      {me.value?.isGuest && (
        <p class="aside">
          {t.home.guest(me.value.limits.lifetimeSeconds === null ? undefined : span(me.value.limits.lifetimeSeconds * 1000))}{' '}
          <a href="/account">{t.home.makeAccount}</a>
        </p>
      )}
    </>
  );
}

function Card({ sandbox }: { sandbox: Sandbox }) {
  const t = texts.value;
  const [isRenaming, setRenaming] = useState(false);
  const now = Date.now();
  const fork = (): void =>
    attempt(async () => {
      const copy = await front.forkSandbox(sandbox.id);
      await refreshSandboxes();
      toast(t.home.forked(copy.name), { action: { label: t.actions.open, run: () => navigate(`/sandboxes/${copy.id}`) } });
    });
  const choices = [
    { label: t.actions.rename, icon: 'edit', run: () => setRenaming(true) },
    { label: t.actions.fork, icon: 'fork', run: fork },
    { label: t.actions.delete, icon: 'trash', danger: true, run: () => remove(sandbox) },
  ] as const;
  const shown = Math.min(sandbox.nodes, MOST_SHOWN);
  return (
    <li class="panel sandbox-card">
      <a href={`/sandboxes/${sandbox.id}`} class="cover">
        <h2>{sandbox.name}</h2>
      </a>
      <Menu label={t.home.more(sandbox.name)} choices={choices}>
        <Icon name="more" />
      </Menu>
      <div class="mini-nodes" aria-hidden="true">
        {Array.from({ length: shown }, (_, i) => (
          <i key={i} class={i === 0 && sandbox.template === 'default' ? 'head' : ''} />
        ))}
        {sandbox.nodes > shown && <small>+{sandbox.nodes - shown}</small>}
      </div>
      <dl class="facts">
        <Fact term={t.fields.version} value={`Kubernetes ${sandbox.version}`} />
        <Fact term={t.fields.nodes} value={t.home.nodes(sandbox.nodes)} />
        <Fact term={t.fields.template} value={t.templates[sandbox.template].title} />
        <Fact term={t.fields.speed} value={t.speedShort(sandbox.speed)} />
        <Fact term={t.fields.age} value={ageOf(sandbox.createdAt, now)} />
        <Fact term={t.fields.expiry} value={sandbox.expiresAt ? t.home.endsIn(span(Date.parse(sandbox.expiresAt) - now)) : t.home.noEnd} />
      </dl>
      {isRenaming && <SettingsDialog sandbox={sandbox} onClose={() => setRenaming(false)} onDone={replaceSandbox} />}
    </li>
  );
}
const MOST_SHOWN = 11;

const Fact = ({ term, value }: { term: string; value: string }) => (
  <div>
    <dt>{term}</dt>
    <dd>{value}</dd>
  </div>
);

/** It is gone from the page at once, and from the cloud when there was time to regret it, or when the page is left. */
function remove(sandbox: Sandbox): void {
  const t = texts.value;
  let isDone = false;
  const drop = (): void => {
    sandboxes.value = sandboxes.value?.filter(({ id }) => id !== sandbox.id);
  };
  const finish = (): void => {
    removeEventListener('pagehide', finish);
    if (isDone) return;
    isDone = true;
    front
      .deleteSandbox(sandbox.id)
      .catch(complain)
      .finally(() => void refreshSandboxes());
  };
  const regret = (): void => {
    isDone = true;
    removeEventListener('pagehide', finish);
    void refreshSandboxes();
  };
  drop();
  addEventListener('pagehide', finish);
  toast(t.home.deleted(sandbox.name), { staysMs: REGRET_MS, action: { label: t.actions.undo, run: regret }, onEnd: finish });
}
