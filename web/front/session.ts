// Who is here, and which sandboxes they have.

import { signal } from '@preact/signals';
import { front } from './client.ts';
import type { Me, Sandbox } from './types.ts';

export const me = signal<Me | undefined>(undefined);
/** Undefined until they are known. */
export const sandboxes = signal<readonly Sandbox[] | undefined>(undefined);
/** Why they are not known. */
export const sandboxesProblem = signal<unknown>(undefined);

/** Also makes a guest of who comes first. */
export async function refreshMe(): Promise<Me> {
  me.value = await front.me();
  return me.value;
}

export async function refreshSandboxes(): Promise<void> {
  try {
    if (!me.value) await refreshMe();
    sandboxes.value = await front.sandboxes();
    sandboxesProblem.value = undefined;
  } catch (error) {
    sandboxesProblem.value = error;
  }
}

export const replaceSandbox = (changed: Sandbox): void => {
  sandboxes.value = sandboxes.value?.map((one) => (one.id === changed.id ? { ...one, ...changed } : one));
};

/** Somebody else is here now. */
export function become(somebody: Me | undefined): void {
  me.value = somebody;
  sandboxes.value = undefined;
}
