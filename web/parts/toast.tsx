// Sentences that come up and go: what was done, with a way back; what did not work.

import { signal } from '@preact/signals';
import { CallError } from '../front/client.ts';
import { KubeError } from '../cluster/kube.ts';
import { texts } from '../locales/index.ts';
import { Icon } from './icon.tsx';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'bad';
  readonly action?: { readonly label: string; run(): void };
}

const STAYS_MS = 6000;
const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** Gives what takes it away. `onEnd` is called when it went by itself or was closed. */
export function toast(
  text: string,
  options: { tone?: Toast['tone']; action?: Toast['action']; onEnd?: () => void; staysMs?: number } = {},
): () => void {
  const { tone = 'plain', action, onEnd, staysMs = STAYS_MS } = options;
  last += 1;
  const id = last;
  toasts.value = [...toasts.value, { id, text, tone, ...(action && { action }) }];
  ends.set(id, () => {
    clearTimeout(timer);
    onEnd?.();
  });
  const timer = setTimeout(() => dismiss(id), staysMs);
  return () => {
    clearTimeout(timer);
    ends.delete(id);
    dismiss(id);
  };
}

const ends = new Map<number, () => void>();

function dismiss(id: number): void {
  const end = ends.get(id);
  ends.delete(id);
  toasts.value = toasts.value.filter((one) => one.id !== id);
  end?.();
}

/** What went wrong, in words. */
export function explain(error: unknown): string {
  const t = texts.value;
  if ((error instanceof CallError || error instanceof KubeError) && error.status === 0) return t.errors.unreachable;
  return error instanceof Error && error.message ? error.message : t.errors.unknown;
}

export const complain = (error: unknown): void => void toast(explain(error), { tone: 'bad', staysMs: 10_000 });

/** Does it, and says so if it does not work. */
export function attempt(work: () => Promise<unknown>): void {
  work().catch(complain);
}

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map(({ id, text, tone, action }) => (
      <div key={id} class={`toast ${tone}`}>
        <span>{text}</span>
        {action && (
          <button
            type="button"
            class="link"
            onClick={() => {
              ends.delete(id);
              action.run();
              dismiss(id);
            }}
          >
            {action.label}
          </button>
        )}
        <button type="button" class="quiet square" aria-label={texts.value.actions.close} onClick={() => dismiss(id)}>
          <Icon name="close" />
        </button>
      </div>
    ))}
  </div>
);
