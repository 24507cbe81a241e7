// What a container has written, and writes.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Pod } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { explain } from '../parts/toast.tsx';
import type { View } from './state.ts';

const TAIL = 1000;
/** More than this many characters, the oldest go. */
const MOST = 500_000;

export function LogPane({ view, pod }: { view: View; pod: Pod }) {
  const t = texts.value;
  const containers = containersOf(pod);
  const [container, setContainer] = useState(containers.find((one) => pod.spec.containers.some(({ name }) => name === one)) ?? '');
  const [isPrevious, setPrevious] = useState(false);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const [isOver, setOver] = useState(false);
  const out = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  const { namespace, name, uid } = pod.metadata;
  const restarts = pod.status.containerStatuses?.find((one) => one.name === container)?.restartCount ?? 0;
  const isStarted = pod.status.phase !== 'Pending';
  useEffect(() => {
    const leave = new AbortController();
    setText('');
    setProblem('');
    setOver(false);
    const query = `container=${encodeURIComponent(container)}&tailLines=${TAIL}${isPrevious ? '&previous=true' : '&follow=true'}`;
    const read = async (): Promise<void> => {
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?${query}`;
      const { body } = await view.live.kube.call('GET', path, { accept: '*/*', signal: leave.signal });
      const decoder = new TextDecoder();
      const reader = body!.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const more = decoder.decode(value, { stream: true });
        setText((old) => (old + more).slice(-MOST));
      }
      setOver(true);
    };
    read().catch((error: unknown) => {
      if (!leave.signal.aborted) setProblem(explain(error));
    });
    return () => leave.abort();
  }, [view, namespace, name, uid, container, isPrevious, restarts, isStarted]);
  useEffect(() => {
    if (isAtEnd.current && out.current) out.current.scrollTop = out.current.scrollHeight;
  }, [text]);
  return (
    <div class="logs">
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
        {restarts > 0 && (
          <label class="check">
            <input type="checkbox" checked={isPrevious} onChange={({ currentTarget }) => setPrevious(currentTarget.checked)} />
            {t.logs.previous}
          </label>
        )}
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <pre
        ref={out}
        class="code-block output"
        tabIndex={0}
        role="log"
        aria-label={t.inspector.tabs.logs}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 30;
        }}
      >
        {text || (!problem && <span class="comment">{isOver ? t.logs.none : t.logs.waiting}</span>)}
      </pre>
    </div>
  );
}

const containersOf = ({ spec }: Pod): string[] => [
  ...spec.containers.map(({ name }) => name),
  ...(spec.initContainers ?? []).map(({ name }) => name),
  ...(spec.ephemeralContainers ?? []).map(({ name }) => name),
];
