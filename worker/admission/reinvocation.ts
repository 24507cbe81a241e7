// A change by a webhook or policy makes the mutating plugins run once more, so that those before it see it; webhooks and policies then only if they ask for it
// (`reinvocationPolicy: IfNeeded`) and something changed since they ran. Mirrors apiserver pkg/admission/reinvocation.go and plugin/webhook/mutating/reinvocationcontext.go.

import type { AdmissionRequest } from '../api/admission.ts';

export interface Reinvocation {
  /** Whether this is the second round. */
  isSecond: boolean;
  /** Something asks for a second round. */
  isWanted: boolean;
  /** Those that ran and want to hear of later changes; and those of them that are to run again. */
  readonly ran: Set<string>;
  readonly due: Set<string>;
}

const states = new WeakMap<AdmissionRequest, Reinvocation>();

export function reinvocationOf(request: AdmissionRequest): Reinvocation {
  let state = states.get(request);
  if (!state) states.set(request, (state = { isSecond: false, isWanted: false, ran: new Set(), due: new Set() }));
  return state;
}

export const wantsReinvocation = (request: AdmissionRequest): boolean => states.get(request)?.isWanted ?? false;

/** Whether somebody has a turn in this round. */
export const hasTurn = (state: Reinvocation, id: string): boolean => !state.isSecond || state.due.has(id);

export function noteRun(state: Reinvocation, id: string, changed: boolean, policy: string | undefined): void {
  if (changed) {
    for (const one of state.ran) state.due.add(one);
    state.isWanted = true;
  }
  if (policy === 'IfNeeded') state.ran.add(id);
}
