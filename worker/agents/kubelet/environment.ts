// The environment of a container: from the image, the pod, ConfigMaps and Secrets, and the services around. Mirrors makeEnvironmentVariables of
// pkg/kubelet/kubelet_pods.go and pkg/kubelet/envvars.

import type { ConfigMap, Container, EnvVar, Secret, Service } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { byteString, fromBase64, fromUtf8 } from '../../lib/text.ts';
import { configMaps } from '../../resources/core/configmap.ts';
import { secrets } from '../../resources/core/secret.ts';
import { services } from '../../resources/core/service.ts';
import { expand } from './expansion.ts';
import { fieldValue, resourceValue } from './field-ref.ts';
import type { PodSync } from './worker.ts';

/** The container cannot be made as it is described. */
export class ConfigError extends Error {}

export function environmentOf(sync: PodSync, container: Container, podIP: string): Record<string, string> {
  const { context, pod } = sync;
  const { namespace = '' } = pod.metadata;
  const serviceEnv = sync.serviceEnv.variables(context.api, namespace, pod.spec.enableServiceLinks !== false);
  const own = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? configMapData(sync, configMapRef.name ?? '', configMapRef.optional)?.data
      : secretRef
        ? secretData(sync, secretRef.name ?? '', secretRef.optional)
        : undefined;
    for (const key in data) own.set(prefix + key, data[key]!);
  }
  for (const variable of container.env ?? []) {
    const value = variable.value
      ? expand(variable.value, (name) => own.get(name) ?? serviceEnv.get(name))
      : variable.valueFrom
        ? valueFrom(sync, container, variable.valueFrom, podIP)
        : '';
    if (value !== undefined) own.set(variable.name, value);
  }
  const out: Record<string, string> = {};
  for (const [key, value] of own) out[key] = byteString(value);
  for (const [key, value] of serviceEnv) if (!own.has(key)) out[key] = value;
  return out;
}

/** Undefined for what is optional and not there. */
function valueFrom(sync: PodSync, container: Container, source: NonNullable<EnvVar['valueFrom']>, podIP: string): string | undefined {
  const { pod } = sync;
  const place = `${pod.metadata.namespace}/`;
  if (source.fieldRef) return fieldValue(sync, pod, source.fieldRef, podIP);
  if (source.resourceFieldRef) return resourceValue(sync, pod, container, source.resourceFieldRef);
  if (source.configMapKeyRef) {
    const { name = '', key, optional } = source.configMapKeyRef;
    const found = configMapData(sync, name, optional);
    const value = found?.data?.[key];
    if (value === undefined && found && !optional) throw new ConfigError(`couldn't find key ${key} in ConfigMap ${place}${name}`);
    return value;
  }
  if (source.secretKeyRef) {
    const { name = '', key, optional } = source.secretKeyRef;
    const found = secretData(sync, name, optional);
    const value = found?.[key];
    if (value === undefined && found && !optional) throw new ConfigError(`couldn't find key ${key} in Secret ${place}${name}`);
    return value;
  }
  return undefined;
}

export function configMapData({ context, pod }: PodSync, name: string, optional = false): ConfigMap | undefined {
  const found = context.api.get(configMaps, pod.metadata.namespace ?? '', name);
  if (!found && !optional) throw new ConfigError(`configmap ${JSON.stringify(name)} not found`);
  return found;
}

/** Decoded, as text. */
function secretData(sync: PodSync, name: string, optional = false): Record<string, string> | undefined {
  const found = secretOf(sync, name, optional);
  return (
    found &&
    Object.fromEntries(Object.entries(found.data ?? {}).map(([key, value]) => [key, fromUtf8(fromBase64(value) ?? new Uint8Array())]))
  );
}

export function secretOf({ context, pod }: PodSync, name: string, optional = false): Secret | undefined {
  const found = context.api.get(secrets, pod.metadata.namespace ?? '', name);
  if (!found && !optional) throw new ConfigError(`secret ${JSON.stringify(name)} not found`);
  return found;
}

/** What pods are told of the services of their namespace. Made once, and again when a service changes. */
export class ServiceEnvironment {
  readonly #known = new Map<string, Map<string, string>>();

  variables(reader: ClusterReader, namespace: string, hasLinks: boolean): Map<string, string> {
    const key = namespace + (hasLinks ? LINKS : '');
    let out = this.#known.get(key);
    if (!out) this.#known.set(key, (out = makeVariables(reader, namespace, hasLinks)));
    return out;
  }

  forget(namespace: string): void {
    if (namespace === 'default') this.#known.clear();
    else for (const links of ['', LINKS]) this.#known.delete(namespace + links);
  }
}

const LINKS = '/links';

function makeVariables(reader: ClusterReader, namespace: string, hasLinks: boolean): Map<string, string> {
  const chosen = new Map<string, Service>();
  const apiServer = reader.get(services, 'default', 'kubernetes');
  if (apiServer) chosen.set('kubernetes', apiServer);
  if (hasLinks) for (const service of reader.list(services, { namespace })) chosen.set(service.metadata.name, service);
  const out = new Map<string, string>();
  for (const [name, { spec }] of chosen) {
    const { clusterIP, ports = [] } = spec;
    if (!clusterIP || clusterIP === 'None' || !ports.length) continue;
    const prefix = name.replaceAll('-', '_').toUpperCase();
    out.set(`${prefix}_SERVICE_HOST`, clusterIP);
    out.set(`${prefix}_SERVICE_PORT`, String(ports[0]!.port));
    for (const port of ports)
      if (port.name) out.set(`${prefix}_SERVICE_PORT_${port.name.replaceAll('-', '_').toUpperCase()}`, String(port.port));
    for (const [i, { port, protocol = 'TCP' }] of ports.entries()) {
      const url = `${protocol.toLowerCase()}://${clusterIP}:${port}`;
      if (i === 0) out.set(`${prefix}_PORT`, url);
      const one = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
      out.set(one, url);
      out.set(`${one}_PROTO`, protocol.toLowerCase());
      out.set(`${one}_PORT`, String(port));
      out.set(`${one}_ADDR`, clusterIP);
    }
  }
  return out;
}
