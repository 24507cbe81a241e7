// The answer to clients that want to speak SPDY over the bare connection. Differs: upstream speaks it; a Worker is never given the
// bare connection, only WebSockets. Locally scripts/local/spdy.ts carries it in one.

import { badRequest } from '../../api/status.ts';

const VARIABLES: Readonly<Record<string, string>> = {
  exec: 'KUBECTL_REMOTE_COMMAND_WEBSOCKETS',
  attach: 'KUBECTL_REMOTE_COMMAND_WEBSOCKETS',
  portforward: 'KUBECTL_PORT_FORWARD_WEBSOCKETS',
};

export function spdyRefusal(verb: string): never {
  throw badRequest(
    `${verb} is served over WebSockets only, and this client asks for SPDY/3.1: use kubectl 1.31 or newer, or set ${VARIABLES[verb]}=true for an older one`,
  );
}
