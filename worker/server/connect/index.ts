// The subresources behind which something runs: logs, commands, connections. What is asked of a kubelet is checked here first, as upstream's API server does it
// (pkg/registry/core/pod/strategy.go and pkg/registry/core/pod/rest).

import { callOf, PLAIN } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { attach, exec } from './exec.ts';
import { log } from './log.ts';
import { connectOptions } from './options.ts';
import { portForward } from './port-forward.ts';
import { proxy } from './proxy.ts';

export function connect(context: HandlerContext): Reply | Promise<Reply> {
  const { server, resource, info } = context;
  if (info.subresource === 'log') return log(context);
  server.registry.admitConnection(resource, info.subresource, info.namespace, info.name, connectOptions(context), callOf(context, PLAIN));
  switch (info.subresource) {
    case 'exec':
      return exec(context);
    case 'attach':
      return attach(context);
    case 'portforward':
      return portForward(context);
    default:
      return proxy(context);
  }
}
