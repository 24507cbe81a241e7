// A question of the API server itself to a service of the cluster: webhooks, and servers behind APIServices. Mirrors apiserver pkg/util/proxy/proxy.go.
//
// Differs: nothing in the simulated network speaks TLS, so they are asked in plain HTTP, and no certificate is checked. Which authority it is that is trusted does not
// matter, only that one is.

import type { Endpoints, Service } from '../../api/gen/core-v1.ts';
import type { Kubelets } from '../../api/kubelet.ts';
import type { Registry } from '../../api/registry.ts';
import type { Resource } from '../../api/resource.ts';
import { askThen } from './http-client.ts';
import type { Answer, Begun, GiveUp, Problem, Question } from './http-client.ts';

/** No public authority vouches for a service of a cluster. */
export const UNKNOWN_AUTHORITY = 'x509: certificate signed by unknown authority';

export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

interface Place {
  readonly ip: string;
  readonly port: number;
  /** How it is called: by the address of the service. */
  readonly called: string;
}

/** A problem says whether anybody was there to be asked. */
export type ServiceAnswer = Answer | (Problem & { readonly isReached: boolean });

/** Calls `done` once, in the step in which the answer is whole; at once, if nobody is there. `begun` may take it before. */
export function askService(
  { registry, kubelets }: { readonly registry: Registry; readonly kubelets: Kubelets },
  service: ServicePort,
  question: Omit<Question, 'isTls'>,
  done: (answer: ServiceAnswer) => void,
  begun?: Begun,
): GiveUp {
  const place = placeOf(registry, service);
  if ('problem' in place) {
    done({ ...place, isReached: false });
    return () => {};
  }
  return askPlace(kubelets, place, question, done, begun);
}

/** The same, of a service or of an address. */
export const askWithin = (
  server: { readonly registry: Registry; readonly kubelets: Kubelets },
  place: ServicePort | { readonly ip: string; readonly port: number },
  question: Omit<Question, 'isTls'>,
  done: (answer: ServiceAnswer) => void,
): GiveUp =>
  'name' in place
    ? askService(server, place, question, done)
    : askPlace(server.kubelets, { ...place, called: hostPort(place.ip, place.port) }, question, done);

const hostPort = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

function askPlace(
  kubelets: Kubelets,
  place: Place,
  question: Omit<Question, 'isTls'>,
  done: (answer: ServiceAnswer) => void,
  begun?: Begun,
): GiveUp {
  return askThen(
    (peer) => kubelets.dial(place.ip, place.port, peer),
    { ...question, isTls: false },
    (answer) =>
      done('problem' in answer ? { problem: answer.problem.replace('dial', `dial tcp ${place.called}`), isReached: true } : answer),
    begun,
  );
}

function placeOf({ catalog, get }: Registry, { namespace, name, port }: ServicePort): Place | Problem {
  const service = get(catalog.find('', 'v1', 'services') as Resource<Service>, namespace, name);
  if (!service) return { problem: `service ${JSON.stringify(name)} not found` };
  const wanted = service.spec.ports?.find((one) => one.port === port);
  if (!wanted) return { problem: `no service port ${port} found for service ${JSON.stringify(name)}` };
  const { subsets = [] } = get(catalog.find('', 'v1', 'endpoints') as Resource<Endpoints>, namespace, name) ?? {};
  for (const { addresses = [], ports = [] } of subsets) {
    const target = ports.find((one) => (one.name ?? '') === (wanted.name ?? ''));
    if (target && addresses[0]) return { ip: addresses[0].ip, port: target.port, called: `${service.spec.clusterIP}:${port}` };
  }
  return { problem: `no endpoints available for service ${JSON.stringify(name)}` };
}
