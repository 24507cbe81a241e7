// agnhost port-forward-tester: takes one connection, checks what comes, sends pieces of an answer, and ends. Mirrors test/images/agnhost/port-forward-tester.
// Differs: it is reached at every address, whatever BIND_ADDRESS says.

import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';

/** So long it leaves its side closed before it hangs up. */
const LINGER_MS = 500;

interface State {
  readonly listener: number;
  fd?: number;
  received: string;
  /** Pieces that were sent; undefined while the client still has to say something. */
  sent?: number;
  next: number;
}

export const portForwardTester: Tool = {
  name: 'agnhost port-forward-tester',
  step: (system): Next => {
    const state = (system.process.data ??= {
      listener: system.listen(Number(system.env['BIND_PORT'])),
      received: '',
      next: 0,
    } satisfies State) as State;
    if (state.fd === undefined) {
      const fd = system.accept(state.listener);
      if (fd === undefined) return { wait: { read: state.listener } };
      state.fd = fd;
      system.out('Accepted client connection\n');
    }
    return (state.sent === undefined ? listenTo(system, state, state.fd) : undefined) ?? send(system, state, state.fd);
  },
};

function fail(system: System, code: number, problem: string): Next {
  system.out(`${problem}\n`);
  return { exit: code };
}

/** Undefined when it has heard all that it wants to hear. */
function listenTo(system: System, state: State, fd: number): Next | undefined {
  const expected = system.env['EXPECTED_CLIENT_DATA'] ?? '';
  while (state.received.length < expected.length) {
    const data = system.read(fd, expected.length - state.received.length);
    if (data === undefined) return { wait: { read: fd } };
    if (data === null)
      return fail(
        system,
        2,
        `Expected to read ${expected.length} bytes from client, but got ${state.received.length} instead. err=${state.received ? '<nil>' : 'EOF'}`,
      );
    state.received += data;
  }
  if (state.received !== expected)
    return fail(system, 3, `Expect to read ${JSON.stringify(expected)}, but got ${JSON.stringify(state.received)}. err=<nil>`);
  if (expected) system.out('Received expected client data\n');
  for (const name of ['CHUNKS', 'CHUNK_SIZE', 'CHUNK_INTERVAL']) {
    const value = system.env[name] ?? '';
    if (!/^[+-]?\d+$/.test(value))
      return fail(
        system,
        1,
        `Error parsing ${name} ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`,
      );
  }
  state.sent = 0;
  state.next = system.now();
  return undefined;
}

function send(system: System, state: State, fd: number): Next {
  const [chunks, size, interval] = ['CHUNKS', 'CHUNK_SIZE', 'CHUNK_INTERVAL'].map((name) => Number(system.env[name])) as [
    number,
    number,
    number,
  ];
  if (system.now() < state.next) return { wait: { until: state.next } };
  const sent = state.sent ?? 0;
  if (sent > chunks) {
    system.close(fd);
    system.out('Done\n');
    return { exit: 0 };
  }
  state.sent = sent + 1;
  if (sent < chunks) {
    system.write(fd, 'x'.repeat(size));
    if (state.sent < chunks) state.next = system.now() + interval;
    return 'again';
  }
  system.out('Shutting down connection\n');
  system.shutdown(fd);
  state.next = system.now() + LINGER_MS;
  return { wait: { until: state.next } };
}
