// How a program in a pod finds the API server, and shows who it is. Mirrors client-go rest.InClusterConfig.

import type { System } from '../../process/system.ts';

const DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InCluster {
  /** `https://10.96.0.1:443` */
  readonly host: string;
  readonly token: string;
  /** Whether it trusts a server whose certificate is by this authority. */
  trusts(authority: string): boolean;
}

/** What is missing, if it is not in a cluster. */
export function inCluster(system: System): InCluster | string {
  const [host, port] = [system.env['KUBERNETES_SERVICE_HOST'], system.env['KUBERNETES_SERVICE_PORT']];
  if (!host || !port) return 'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined';
  const token = system.find(`${DIRECTORY}/token`)?.content;
  if (token === undefined) return `open ${DIRECTORY}/token: no such file or directory`;
  const bundle = system.find(`${DIRECTORY}/ca.crt`)?.content ?? '';
  return { host: `https://${host}:${port}`, token: token.trim(), trusts: (authority) => bundle.includes(authority.trim()) };
}
