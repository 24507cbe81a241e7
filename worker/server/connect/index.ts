// The subresources behind which something runs: logs, commands, connections. What is asked of a kubelet is checked here first, as upstream's API server does it
// (pkg/registry/core/pod/strategy.go and pkg/registry/core/pod/rest).

import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { attach, exec } from './exec.ts';
import { log } from './log.ts';
import { portForward } from './port-forward.ts';
import { proxy } from './proxy.ts';

export function connect(context: HandlerContext): Reply | Promise<Reply> {
  switch (context.info.subresource) {
    case 'log':
      return log(context);
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
