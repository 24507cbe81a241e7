// A part of the page that is fetched when it is first wanted.

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { texts } from '../locales/index.ts';
import { Notice } from './field.tsx';
import { explain } from './toast.tsx';

/** The other properties are the part's own. */
export function Lazy<P extends object>({ load, ...props }: { load(): Promise<ComponentType<P>> } & P) {
  const t = texts.value;
  const [Part, setPart] = useState<ComponentType<P> | undefined>(undefined);
  const [problem, setProblem] = useState<unknown>(undefined);
  const [attempts, setAttempts] = useState(0);
  useEffect(() => {
    let isGone = false;
    load().then(
      (part) => !isGone && setPart(() => part),
      (error: unknown) => !isGone && setProblem(error),
    );
    return () => {
      isGone = true;
    };
  }, [load, attempts]);
  if (Part) return <Part {...(props as unknown as P)} />;
  if (problem === undefined) return <div class="skeleton" aria-busy="true" aria-label={t.loading} />;
  const again = (): void => {
    setProblem(undefined);
    setAttempts(attempts + 1);
  };
  return (
    <Notice title={t.inspector.failed} text={explain(problem)}>
      <button type="button" onClick={again}>
        {t.actions.retry}
      </button>
    </Notice>
  );
}
