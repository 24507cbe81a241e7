// Lines to copy: for a shell, for a browser's address bar.

import { useState } from 'preact/hooks';
import { texts } from '../locales/index.ts';
import { Icon } from './icon.tsx';

const SAID_MS = 1600;

export function CopyButton({ text, label }: { text: string | (() => Promise<string>); label?: string }) {
  const [isDone, setDone] = useState(false);
  const t = texts.value;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
    setDone(true);
    setTimeout(() => setDone(false), SAID_MS);
  };
  return (
    <button
      type="button"
      class={label ? '' : 'quiet square'}
      aria-label={label ? undefined : t.actions.copy}
      title={t.actions.copy}
      onClick={() => void copy()}
    >
      <Icon name={isDone ? 'check' : 'copy'} />
      {label && <span>{isDone ? t.actions.copied : label}</span>}
      {isDone && !label && (
        <span class="visually-hidden" role="status">
          {t.actions.copied}
        </span>
      )}
    </button>
  );
}

export const CodeLine = ({ text, wraps = false }: { text: string; wraps?: boolean }) => (
  <div class={wraps ? 'code-line wraps' : 'code-line'}>
    <pre tabIndex={0}>{text}</pre>
    <CopyButton text={text} />
  </div>
);
