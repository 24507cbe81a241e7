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
  /** The object as a plugin left it in the first round, for those plugins of which somebody may want another turn. */
  readonly left: Map<string, string>;
}

const states = new WeakMap<AdmissionRequest, Reinvocation>();

export function reinvocationOf(request: AdmissionRequest): Reinvocation {
  let state = states.get(request);
  if (!state) states.set(request, (state = { isSecond: false, isWanted: false, ran: new Set(), due: new Set(), left: new Map() }));
  return state;
}

export const wantsReinvocation = (request: AdmissionRequest): boolean => states.get(request)?.isWanted ?? false;

/** In the second round: if others changed the object since, whoever wants to hear of it has a turn. */
export function noteBegin(state: Reinvocation, plugin: string, { object }: AdmissionRequest): void {
  const left = state.left.get(plugin);
  if (state.isSecond && left !== undefined && left !== JSON.stringify(object)) for (const one of state.ran) state.due.add(one);
}

export function noteEnd(state: Reinvocation, plugin: string, { object }: AdmissionRequest): void {
  if (!state.isSecond && state.ran.size) state.left.set(plugin, JSON.stringify(object));
}

/** Whether somebody has a turn in this round. */
export const hasTurn = (state: Reinvocation, id: string): boolean => !state.isSecond || state.due.has(id);

export function noteRun(state: Reinvocation, id: string, changed: boolean, policy: string | undefined): void {
  if (changed) {
    for (const one of state.ran) state.due.add(one);
    state.isWanted = true;
  }
  if (policy === 'IfNeeded') state.ran.add(id);
}
