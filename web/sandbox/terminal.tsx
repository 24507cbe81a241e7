// A shell in a container. The terminal itself is loaded when it is first wanted.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Pod } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { explain } from '../parts/toast.tsx';
import type { View } from './state.ts';

export function TerminalPane({ view, pod }: { view: View; pod: Pod }) {
  const t = texts.value;
  const containers = pod.spec.containers.map(({ name }) => name);
  const [container, setContainer] = useState(containers[0] ?? '');
  const [turn, setTurn] = useState(0);
  const [ended, setEnded] = useState<string | undefined>(undefined);
  const screen = useRef<HTMLDivElement>(null);
  const { namespace, name } = pod.metadata;
  useEffect(() => {
    let stop: (() => void) | undefined;
    let isGone = false;
    setEnded(undefined);
    const open = async (): Promise<void> => {
      const { openTerminal } = await import('./terminal-session.ts');
      if (isGone || !screen.current) return;
      const query = `container=${encodeURIComponent(container)}&command=sh&stdin=true&stdout=true&stderr=true&tty=true`;
      const socket = view.live.kube.socket(`/api/v1/namespaces/${namespace}/pods/${name}/exec?${query}`, 'v5.channel.k8s.io');
      stop = openTerminal(screen.current, socket, (why) => !isGone && setEnded(why));
    };
    open().catch((error: unknown) => setEnded(explain(error)));
    return () => {
      isGone = true;
      stop?.();
    };
  }, [view, namespace, name, container, turn]);
  return (
    <div class="terminal">
      <div class="row">
        {containers.length > 1 && (
          <select aria-label={t.logs.container} value={container} onChange={({ currentTarget }) => setContainer(currentTarget.value)}>
            {containers.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
        {ended !== undefined && (
          <>
            <span class="hint grow" role="status">
              {ended || t.terminal.ended}
            </span>
            <button type="button" onClick={() => setTurn(turn + 1)}>
              {t.terminal.again}
            </button>
          </>
        )}
      </div>
      <div class="screen" ref={screen} />
      <p class="hint">{t.terminal.hint}</p>
    </div>
  );
}
