// Which etcd an API server reaches by its `--etcd-servers`, and what gRPC says of one that it does not reach.

import type { Container } from '../../runtime/sandbox.ts';
import type { World } from '../../world.ts';
import type { ComponentState } from './component.ts';
import type { Flags } from './flags.ts';

interface Address {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

/** An etcd that runs, by one of the addresses at which it listens. */
interface Endpoint extends Address {
  readonly machine: string;
}

interface StorageProblem {
  readonly address: string;
  readonly problem: string;
}

/** What keeps an API server of a machine from its first etcd. Undefined if one answers. */
export function storageProblem(world: World, machine: string, flags: Flags = {}): StorageProblem | undefined {
  const addresses = addressesIn(flags['etcd-servers'] ?? 'https://127.0.0.1:2379');
  const endpoints = endpointsOf(world);
  const reaches = (address: Address, isSameScheme: boolean): boolean =>
    endpoints.some(
      (one) => one.port === address.port && (one.scheme === address.scheme) === isSameScheme && isAt(world, machine, one, address.host),
    );
  if (addresses.some((address) => reaches(address, true))) return undefined;
  const first = addresses[0] ?? { scheme: '', host: '', port: '' };
  const address = `${first.host}:${first.port}`;
  const problem = reaches(first, false)
    ? 'error reading server preface: EOF'
    : `transport: Error while dialing: dial tcp ${address}: connect: connection refused`;
  return { address, problem };
}

/** Whether an endpoint is found at `host` from a machine. */
function isAt(world: World, machine: string, { machine: place, host: own }: Endpoint, host: string): boolean {
  if (isLocal(host)) return machine === place && (isLocal(own) || own === '0.0.0.0');
  const ip = world.machines.get(place)?.ip;
  return (host === ip || host === place) && (own === ip || own === '0.0.0.0');
}

const isLocal = (host: string): boolean => host === 'localhost' || host.startsWith('127.');

function endpointsOf(world: World): Endpoint[] {
  const out: Endpoint[] = [];
  for (const { name, role } of world.machines.values()) {
    if (role !== 'control-plane') continue;
    for (const { containers } of world.sandboxes.find('machine', name))
      for (const container of containers)
        if (container.main === 'etcd' && isUp(container))
          for (const address of addressesIn(flagsOf(container)['listen-client-urls'] ?? 'http://localhost:2379'))
            out.push({ ...address, machine: name });
  }
  return out;
}

/** Whether a component's process is there. */
export const isUp = ({ state, service, endsAt }: Container): boolean => state === 'running' && service !== undefined && !endsAt;

const flagsOf = ({ service }: Container): Flags => (service as Partial<ComponentState> | undefined)?.flags ?? {};

const addressesIn = (urls: string): Address[] =>
  urls.split(',').flatMap((url) => {
    const [, scheme = 'http', host = '', port = ''] = /^(?:(https?):\/\/)?([^:/]+)(?::(\d+))?\/?$/.exec(url.trim()) ?? [];
    return host ? [{ scheme, host, port }] : [];
  });
