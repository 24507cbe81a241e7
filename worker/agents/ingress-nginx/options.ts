// What a controller of ingress-nginx is told: its flags, its ConfigMap, and the annotations of an Ingress. Mirrors its cmd/nginx and internal/ingress/annotations, as far
// as the configuration that is written here has a use for them.

import type { Ingress } from '../../api/gen/networking-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { configMaps } from '../../resources/core/configmap.ts';

export interface Flags {
  readonly controllerClass: string;
  readonly ingressClass: string;
  readonly watchesWithoutClass: boolean;
  readonly namespace: string;
  /** `namespace/name` */
  readonly configMap: string;
  readonly publishService: string;
  readonly publishAddresses: readonly string[];
  readonly reportsInternalIp: boolean;
}

export function flagsOf(argv: readonly string[]): Flags {
  const value = (name: string): string | undefined => {
    for (const [i, arg] of argv.entries()) {
      const match = /^--([\w-]+)(?:=(.*))?$/s.exec(arg);
      if (match?.[1] === name) return match[2] ?? (argv[i + 1]?.startsWith('--') ? 'true' : (argv[i + 1] ?? 'true'));
    }
    return undefined;
  };
  const addresses = value('publish-status-address');
  return {
    controllerClass: value('controller-class') ?? 'k8s.io/ingress-nginx',
    ingressClass: value('ingress-class') ?? 'nginx',
    watchesWithoutClass: value('watch-ingress-without-class') === 'true',
    namespace: value('watch-namespace') ?? '',
    configMap: value('configmap') ?? '',
    publishService: value('publish-service') ?? '',
    publishAddresses: addresses ? addresses.split(',').map((one) => one.trim()) : [],
    reportsInternalIp: value('report-node-internal-ip-address') === 'true',
  };
}

/** The ConfigMap's settings. */
export function settingsOf(reader: ClusterReader, { configMap }: Flags): Readonly<Record<string, string>> {
  const [namespace = '', name = ''] = configMap.split('/');
  return (name && reader.get(configMaps, namespace, name)?.data) || {};
}

const PREFIX = 'nginx.ingress.kubernetes.io/';

export const annotationOf = ({ metadata }: Ingress, name: string): string | undefined => metadata.annotations?.[PREFIX + name];

/** An annotation, what the ConfigMap says, or what holds without either. */
export const settingOf = (ingress: Ingress, settings: Readonly<Record<string, string>>, name: string, otherwise: string): string =>
  annotationOf(ingress, name) ?? settings[name] ?? otherwise;
