// A sandbox of one's own: gets in, and shows it.

import { useEffect, useState } from 'preact/hooks';
import { Kube } from '../cluster/kube.ts';
import { Live } from '../cluster/live.ts';
import { CallError, front } from '../front/client.ts';
import { me, refreshMe } from '../front/session.ts';
import type { Sandbox } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { Notice } from '../parts/field.tsx';
import { explain } from '../parts/toast.tsx';
import { SandboxView } from '../sandbox/view.tsx';
import { title } from '../title.ts';

export function SandboxPage({ id }: { id: string }) {
  const t = texts.value;
  const [sandbox, setSandbox] = useState<Sandbox | undefined>(undefined);
  const [live, setLive] = useState<Live | undefined>(undefined);
  const [problem, setProblem] = useState<unknown>(undefined);
  const [attempts, setAttempts] = useState(0);
  useEffect(() => {
    let opened: Live | undefined;
    let isGone = false;
    const open = async (): Promise<void> => {
      const [found, access] = await Promise.all([front.sandbox(id), front.access(id)]);
      if (isGone) return;
      title.value = found.name;
      setSandbox(found);
      opened = new Live(new Kube(access, () => front.access(id)));
      opened.time.set(found.time!, found.speed);
      opened.start();
      setLive(opened);
      setProblem(undefined);
      if (!me.value) await refreshMe();
    };
    open().catch(setProblem);
    return () => {
      isGone = true;
      opened?.stop();
    };
  }, [id, attempts]);

  if (problem !== undefined) {
    const isMissing = problem instanceof CallError && (problem.status === 404 || problem.status === 401);
    return (
      <div class="page">
        <Notice title={isMissing ? t.sandbox.missing : t.sandbox.failed} text={isMissing ? t.sandbox.missingText : explain(problem)}>
          {!isMissing && (
            <button type="button" class="primary" onClick={() => setAttempts(attempts + 1)}>
              {t.actions.retry}
            </button>
          )}
          <a class="button" href="/">
            {t.missing.home}
          </a>
        </Notice>
      </div>
    );
  }
  if (!sandbox || !live) return <div class="page" aria-busy="true" aria-label={t.loading} />;
  return (
    <SandboxView
      live={live}
      sandbox={sandbox}
      onChange={(changed) => {
        title.value = changed.name;
        setSandbox({ ...sandbox, ...changed });
      }}
    />
  );
}
