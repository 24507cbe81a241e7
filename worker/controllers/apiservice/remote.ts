// What the loops about servers behind APIServices have in common: when they look again, and how they ask.

import type { ExternalRequest } from '../../api/admission.ts';
import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import type { APIService } from '../../api/gen/apiregistration-v1.ts';
import type { Service } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { apiServices, byService } from '../../resources/apiregistration/apiservice.ts';
import { services } from '../../resources/core/service.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
const TIMEOUT_MS = 5000;

/** Changes of APIServices that have services, of these, and of who furnishes them; `keysOf` gives the keys of an APIService's name. */
export function remoteWatches(keysOf: (name: string) => readonly string[]): Controller['watches'] {
  const behind = (reader: ClusterReader, namespace: string, name: string): string[] =>
    reader.lookup(apiServices, byService(namespace, name)).flatMap(({ metadata }) => keysOf(metadata.name));
  return [
    watch(apiServices, ({ metadata, spec }, previous) => (spec.service || previous?.spec.service ? keysOf(metadata.name) : [])),
    watch(services, ({ metadata }, _previous, reader) => behind(reader, metadata.namespace ?? '', metadata.name)),
    watch(endpointSlices, ({ metadata: { namespace = '', labels } }, _previous, reader) =>
      behind(reader, namespace, labels?.[SERVICE_NAME] ?? ''),
    ),
  ];
}

/** A question to the server behind an APIService. */
export function questionTo(
  reader: ClusterReader,
  { metadata, spec }: APIService,
  path: string,
  headers: Readonly<Record<string, string>>,
): ExternalRequest {
  const { namespace = '', name = '', port = 443 } = spec.service!;
  const host = reader.get<Service>(services, namespace, name)?.spec.clusterIP ?? '';
  return {
    trustsAnyone: true,
    key: `apiservice ${metadata.name} ${path}`,
    service: { namespace, name, port },
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}`,
    method: 'GET',
    headers: { ...headers, Accept: 'application/json' },
    body: '',
    timeoutMs: TIMEOUT_MS,
  };
}
