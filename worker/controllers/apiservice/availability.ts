// Whether the servers behind APIServices answer: the condition Available, and what they say they serve. Mirrors kube-aggregator pkg/controllers/status/remote, and
// what handler_discovery.go keeps of their documents.
//
// Differs: upstream asks every server again each 30 seconds, too. Here one that answered is asked again when its Service, its endpoints or its APIService change.

import { SyncError } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { Service } from '../../api/gen/core-v1.ts';
import type { APIService } from '../../api/gen/apiregistration-v1.ts';
import type { EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { indexTerm } from '../../api/resource.ts';
import { isRecord } from '../../lib/json.ts';
import { formatTime } from '../../lib/time.ts';
import { apiServices } from '../../resources/apiregistration/apiservice.ts';
import { services } from '../../resources/core/service.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';
import { questionTo, remoteWatches, SERVICE_NAME } from './remote.ts';

export const AVAILABILITY = 'apiservice-availability';
const ASKER = { 'X-Remote-User': 'system:kube-aggregator', 'X-Remote-Group': 'system:masters' };

/** What a server was heard to serve, last: entries of an APIResourceList. */
export type ServedResources = readonly unknown[];

interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export const apiServiceAvailability: Controller = {
  name: AVAILABILITY,
  component: 'kube-apiserver',
  backOff: { first: 5, most: 30_000 },
  watches: remoteWatches((name) => [name]),
  reconcile(name, context) {
    const { api, state } = context;
    const apiService = api.get(apiServices, '', name);
    if (!apiService?.spec.service) return state.delete(name);
    const verdict = faultOf(context, apiService) ?? askDiscovery(context, apiService);
    report(context, apiService, verdict);
    if (verdict.reason === 'FailedDiscoveryCheck') throw new SyncError(verdict.message);
  },
};

/** What is wrong with the way to the server, without asking it. */
function faultOf({ api }: ControllerContext, { spec }: APIService): Verdict | undefined {
  const { namespace = '', name = '', port = 443 } = spec.service!;
  const fault = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = api.get<Service>(services, namespace, name);
  if (!service) return fault('ServiceNotFound', `${where} is not present`);
  if (service.spec.type !== 'ClusterIP') return undefined;
  const found = service.spec.ports?.find((one) => one.port === port);
  if (!found) return fault('ServicePortError', `${where} is not listening on port ${port}`);
  const slices = api.lookup<EndpointSlice>(endpointSlices, indexTerm.labelIn(namespace, SERVICE_NAME, name));
  if (!slices.length) return fault('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  const portName = found.name ?? '';
  if (slices.some((slice) => isActive(slice, portName))) return undefined;
  return fault('MissingEndpoints', `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`);
}

const isActive = ({ endpoints, ports }: EndpointSlice, portName: string): boolean =>
  (endpoints ?? []).some(({ conditions }) => conditions?.ready ?? true) &&
  (ports ?? []).some(({ name, port }) => (name ?? '') === portName && port !== undefined);

/** Asks the server for its document, and remembers what that says. */
function askDiscovery({ api, external, state }: ControllerContext, apiService: APIService): Verdict {
  const question = questionTo(api, apiService, `/apis/${apiService.spec.group}/${apiService.spec.version}`, ASKER);
  const { url } = question;
  const answer = external.call(question);
  const fault = (problem: string): Verdict => ({
    status: 'False',
    reason: 'FailedDiscoveryCheck',
    message: `failing or missing response from ${url}: ${problem}`,
  });
  if (answer.error !== undefined) return fault(`Get ${JSON.stringify(url)}: ${answer.error}`);
  if (answer.status < 200 || answer.status >= 300) return fault(`bad status from ${url}: ${answer.status}`);
  state.set(apiService.metadata.name, resourcesOf(answer.body));
  return { status: 'True', reason: 'Passed', message: 'all checks passed' };
}

function resourcesOf(body: string): ServedResources {
  try {
    const document: unknown = JSON.parse(body);
    return isRecord(document) && Array.isArray(document['resources']) ? document['resources'].filter(isRecord) : [];
  } catch {
    return [];
  }
}

function report({ api, now }: ControllerContext, apiService: APIService, { status, reason, message }: Verdict): void {
  const conditions = apiService.status.conditions ?? [];
  const old = conditions.find(({ type }) => type === 'Available');
  if (old?.status === status && old.reason === reason && old.message === message) return;
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime! : formatTime(now());
  const next = { type: 'Available', status, lastTransitionTime, reason, message };
  api.updateStatus(apiServices, {
    ...apiService,
    status: { ...apiService.status, conditions: old ? conditions.map((one) => (one === old ? next : one)) : [...conditions, next] },
  });
}
