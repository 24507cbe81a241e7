// NodePorts: no two pods on the same host port.

import type { Pod } from '../../api/gen/core-v1.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Plugin } from '../framework.ts';
import { hostPortsOf } from '../pod-info.ts';
import type { HostPort } from '../pod-info.ts';
import { unschedulable } from '../status.ts';

const NAME = 'NodePorts';
const REFUSED = unschedulable(NAME, "node(s) didn't have free ports for the requested pod ports");

export const makeNodePorts = (): Plugin =>
  definePlugin<readonly HostPort[], undefined>({
    name: NAME,
    events: [
      on<Pod>('Pod', Action.Delete, (pod, gone) => {
        if (!gone || (!gone.spec.nodeName && !gone.status.nominatedNodeName)) return false;
        const freed = hostPortsOf(gone);
        return hostPortsOf(pod).some((wanted) => freed.some((port) => collides(wanted, port)));
      }),
      on('Node', Action.Add),
    ],
    signPod: ({ info }) => (info.hostPorts.length ? JSON.stringify(info.hostPorts) : ''),
    preFilter: ({ info }) => (info.hostPorts.length ? { state: info.hostPorts } : 'skip'),
    filter: (ports, node) => (ports.some((port) => node.isPortTaken(port)) ? REFUSED : undefined),
  });

const collides = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
