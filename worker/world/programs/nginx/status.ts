// What `stub_status` tells. It is counted only where a configuration asks for it: counting costs a write for each request.

import type { Connection } from '../../network/connection.ts';
import type { ServiceContext } from '../../process/program.ts';

interface Counters {
  readonly accepted: number;
  readonly requests: number;
  /** Ids of connections that were open the last time somebody looked. */
  readonly open: readonly string[];
}

const NOTHING: Counters = { accepted: 0, requests: 0, open: [] };

export function countConnection({ id }: Connection, { memory, world }: ServiceContext): void {
  const counters = memory.get<Counters>() ?? NOTHING;
  if (counters.open.includes(id)) return;
  const open = [...counters.open.filter((one) => world.connections.get(one)), id];
  memory.set({ ...counters, accepted: counters.accepted + 1, open } satisfies Counters);
}

export function countRequest({ memory }: ServiceContext): void {
  const counters = memory.get<Counters>() ?? NOTHING;
  memory.set({ ...counters, requests: counters.requests + 1 } satisfies Counters);
}

/** As ngx_http_stub_status_module writes it. Whoever asks is the one that is being written to; their request is counted when it is answered. */
export function stubStatus({ memory, world }: ServiceContext): string {
  const { accepted, requests, open } = memory.get<Counters>() ?? NOTHING;
  const active = open.filter((one) => world.connections.get(one)).length;
  return (
    `Active connections: ${active} \nserver accepts handled requests\n ${accepted} ${accepted} ${requests + 1} \n` +
    `Reading: 0 Writing: 1 Waiting: ${Math.max(0, active - 1)} \n`
  );
}
