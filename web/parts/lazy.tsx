// A part of the page that is fetched when it is first wanted.

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { texts } from '../locales/index.ts';
import { Notice } from './field.tsx';

/** Where it cannot be fetched, nothing answers, or another console has been published since. The other properties are the part's own. */
export function Lazy<P extends object>({ load, ...props }: { load(): Promise<ComponentType<P>> } & P) {
  const t = texts.value;
  const [Part, setPart] = useState<ComponentType<P> | undefined>(undefined);
  const [hasFailed, setFailed] = useState(false);
  const [attempts, setAttempts] = useState(0);
  useEffect(() => {
    let isGone = false;
    load().then(
      (part) => !isGone && setPart(() => part),
      () => !isGone && setFailed(true),
    );
    return () => {
      isGone = true;
    };
  }, [load, attempts]);
  if (Part) return <Part {...(props as unknown as P)} />;
  if (!hasFailed) return <div class="skeleton" aria-busy="true" aria-label={t.loading} />;
  const again = (): void => {
    setFailed(false);
    setAttempts(attempts + 1);
  };
  return (
    <Notice title={t.inspector.failed} text={t.errors.unknown}>
      <button type="button" onClick={again}>
        {t.actions.retry}
      </button>
    </Notice>
  );
}
