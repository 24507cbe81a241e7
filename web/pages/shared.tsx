// What somebody sees who follows a share link: the sandbox, live, to look at or to work in; or an offer of a copy of their own.

import { useEffect, useState } from 'preact/hooks';
import { Kube } from '../cluster/kube.ts';
import { Live } from '../cluster/live.ts';
import { front } from '../front/client.ts';
import type { SharedSandbox } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { Notice } from '../parts/field.tsx';
import { explain } from '../parts/toast.tsx';
import { navigate } from '../router.ts';
import { SandboxView } from '../sandbox/view.tsx';
import { title } from '../title.ts';
import { Tank } from './tank.tsx';

export function SharedPage({ token }: { token: string }) {
  const t = texts.value;
  const [shared, setShared] = useState<SharedSandbox | undefined>(undefined);
  const [live, setLive] = useState<Live | undefined>(undefined);
  const [problem, setProblem] = useState<unknown>(undefined);
  useEffect(() => {
    let opened: Live | undefined;
    let isGone = false;
    const open = async (): Promise<void> => {
      const found = await front.shared(token);
      if (isGone) return;
      setShared(found);
      title.value = found.sandbox.name;
      if (found.mode === 'fork') return;
      const access = await front.openShared(token);
      if (isGone) return;
      opened = new Live(new Kube(access, () => front.openShared(token)));
      opened.start();
      setLive(opened);
    };
    open().catch(setProblem);
    return () => {
      isGone = true;
      opened?.stop();
    };
  }, [token]);

  if (problem !== undefined) {
    return (
      <div class="page">
        <Notice title={t.shared.failed} text={explain(problem)}>
          <a class="button" href="/">
            {t.missing.home}
          </a>
        </Notice>
      </div>
    );
  }
  if (!shared) return <div class="page" aria-busy="true" />;
  if (shared.mode === 'fork') return <Offer token={token} shared={shared} />;
  return live ? <SandboxView live={live} shared={{ token, ...shared }} /> : <div class="page" aria-busy="true" />;
}

function Offer({ token, shared: { sandbox } }: { token: string; shared: SharedSandbox }) {
  const t = texts.value;
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const copy = async (): Promise<void> => {
    setBusy(true);
    try {
      navigate(`/sandboxes/${(await front.forkShared(token)).id}`);
    } catch (error) {
      setProblem(explain(error));
      setBusy(false);
    }
  };
  return (
    <div class="page">
      <section class="welcome">
        <div>
          <h1>{t.shared.offer(sandbox.name)}</h1>
          <p class="lead">{t.shared.offerText(sandbox.version, sandbox.nodes)}</p>
          <button type="button" class="primary large" disabled={isBusy} onClick={() => void copy()}>
            {isBusy ? t.shared.copying : t.shared.copy}
          </button>
          {problem && (
            <p class="problem" role="alert">
              {problem}
            </p>
          )}
        </div>
        <Tank />
      </section>
    </div>
  );
}
