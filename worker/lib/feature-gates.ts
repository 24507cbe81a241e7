// `--feature-gates=A=true,B=false`: what is off by default, and switched on. Mirrors component-base featuregate.

/** Whether the flag switches a gate on. The last word counts. */
export const isGateOn = (flag: string | undefined, gate: string): boolean =>
  (flag ?? '')
    .split(',')
    .map((part) => part.trim().split('='))
    .findLast(([name]) => name === gate)?.[1]
    ?.toLowerCase() === 'true';
