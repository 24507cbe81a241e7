// Where an extender's URL leads: into the network of the cluster, as it is seen from the scheduler's machine, or out of it.
// Differs: names of services are found, though the scheduler's machine asks no server of the cluster for names.

import type { ClusterReader } from '../../api/resource.ts';
import { parseIp } from '../../lib/ip.ts';
import { endpoints } from '../../resources/core/endpoints.ts';
import { services } from '../../resources/core/service.ts';

export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** Undefined if it leads out. */
export function placeOf(url: string, reader: ClusterReader): Address | { readonly problem: string } | undefined {
  const [, scheme, bracketed, plain = '', given] = /^(https?):\/\/(?:\[([^\]]+)\]|([^/:]+))(?::(\d+))?/.exec(url) ?? [];
  const host = bracketed ?? plain;
  const port = Number(given ?? (scheme === 'http' ? 80 : 443));
  if (host === 'localhost') return { ip: '127.0.0.1', port };
  if (isPrivate(host)) return { ip: host, port };
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?$/.exec(host) ?? [];
  if (!name || !namespace) return undefined;
  const ip = addressOf(reader, namespace, name);
  return ip ? { ip, port } : { problem: `dial tcp: lookup ${host}: no such host` };
}

function addressOf(reader: ClusterReader, namespace: string, name: string): string | undefined {
  const { clusterIP } = reader.get(services, namespace, name)?.spec ?? {};
  if (clusterIP !== 'None') return clusterIP;
  const { subsets = [] } = reader.get(endpoints, namespace, name) ?? {};
  return subsets.flatMap(({ addresses = [] }) => addresses)[0]?.ip;
}

/** Ranges that nobody has in public: loopback, private use (RFC 1918, RFC 4193), shared and link-local. */
const PRIVATE =
  /^(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^(?:::1$|::$|f[cd]|fe80)/i;

const isPrivate = (host: string): boolean => parseIp(host) !== undefined && PRIVATE.test(host);
