// The pretended cloud itself: what it knows of a machine as one of its instances, and the addresses it has for load balancers. What the loops of this folder share:
// whether their manager runs.

import { watchIn } from '../../api/controller.ts';
import type { Watch } from '../../api/controller.ts';
import type { NodeAddress } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { indexTerm } from '../../api/resource.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { pods } from '../../resources/core/pod.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';

export const COMPONENT = 'cloud-controller-manager';
const LABEL = 'k8s-app';
const REGION = 'kubarium-1';
const ZONES = 'abc';

/** Whether a process of the manager does its work. */
export const isManaged = (world: World, reader: ClusterReader): boolean =>
  reader
    .lookup(pods, indexTerm.labelIn('kube-system', LABEL, COMPONENT))
    .some(({ metadata }) =>
      world.sandboxes
        .find('pod', metadata.uid)
        .some(({ containers }) => containers.some(({ main, state }) => main === COMPONENT && state === 'running')),
    );

/** Whether there is a cloud at all: where there is none, nobody looks. */
export const hasCloud = (reader: ClusterReader): boolean => reader.countTerm(pods, indexTerm.labelIn('kube-system', LABEL, COMPONENT)) > 0;

/** When the manager comes, a loop looks at everything. */
export const watchManager: Watch = watchIn('kube-system', pods, ({ metadata }) => (metadata.labels?.[LABEL] === COMPONENT ? ['all'] : []));

export interface Instance {
  readonly providerId: string;
  readonly type: string;
  readonly zone: string;
  readonly region: string;
  readonly addresses: readonly NodeAddress[];
}

/** Machines are shared among the zones by their addresses, so that each zone has about as many. */
export function instanceOf(machine: Machine): Instance {
  const { name, ip, cpus, memory } = machine;
  const zone = REGION + ZONES[Number(ip.split('.').at(-1)) % ZONES.length]!;
  const id = `i-${fnv1a32(machine.systemUuid).toString(16).padStart(8, '0')}`;
  return {
    providerId: `kubarium:///${zone}/${id}`,
    type: `k.${cpus}c${Math.round(memory / 2 ** 30)}g`,
    zone,
    region: REGION,
    addresses: [
      { type: 'InternalIP', address: ip },
      { type: 'ExternalIP', address: externalIpOf(machine) },
      { type: 'Hostname', address: name },
    ],
  };
}

/** Of the range that is kept for tests of networks (RFC 2544). */
export const externalIpOf = ({ ip }: Machine): string => ip.replace(/^\d+\.\d+\./, '198.18.');

/** Of a range for documentation (RFC 5737). */
const BALANCER_PREFIX = '203.0.113.';
const BALANCERS = 254;

/** The address of a new balancer: the one that is asked for, or the lowest that is free. What is wrong, if there is none. */
export function balancerAddress(taken: ReadonlySet<string>, wanted: string | undefined): { ip: string } | { problem: string } {
  if (wanted) {
    const host = wanted.startsWith(BALANCER_PREFIX) ? Number(wanted.slice(BALANCER_PREFIX.length)) : 0;
    const isOurs = Number.isInteger(host) && host >= 1 && host <= BALANCERS;
    return isOurs && !taken.has(wanted) ? { ip: wanted } : { problem: `requested ip ${wanted} is not available` };
  }
  for (let host = 1; host <= BALANCERS; host++) if (!taken.has(BALANCER_PREFIX + host)) return { ip: BALANCER_PREFIX + host };
  return { problem: `quota exceeded: ${BALANCERS} load balancers` };
}
