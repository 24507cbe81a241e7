// What a plugin says of a pod, or of a node for a pod. Success is `undefined`. Mirrors kube-scheduler framework.Status.

/**
 * - `Unschedulable`: not now; removing pods might help.
 * - `Unresolvable` (upstream's UnschedulableAndUnresolvable): removing pods does not help.
 * - `Pending`: not now, and the plugin knows what it waits for.
 * - `Error`: something is broken; tried again.
 */
export type StatusCode = 'Error' | 'Unschedulable' | 'Unresolvable' | 'Pending';

export interface PluginStatus {
  readonly code: StatusCode;
  readonly reasons: readonly string[];
  readonly plugin: string;
}

export const unschedulable = (plugin: string, ...reasons: string[]): PluginStatus => ({ code: 'Unschedulable', reasons, plugin });
export const unresolvable = (plugin: string, ...reasons: string[]): PluginStatus => ({ code: 'Unresolvable', reasons, plugin });
export const failure = (plugin: string, message: string): PluginStatus => ({ code: 'Error', reasons: [message], plugin });

/** Whether the pod was refused, as opposed to: something broke. */
export const isRejection = ({ code }: PluginStatus): boolean => code !== 'Error';

export const messageOf = ({ reasons }: PluginStatus): string => reasons.join(', ');
