// agnhost inclusterclient: asks the API server for its health, again and again, and logs by which token (as a hash). Mirrors test/images/agnhost/inclusterclient.

import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64Url, utf8 } from '../../../lib/text.ts';
import { newFetching } from '../../commands/http-client.ts';
import type { Fetching } from '../../commands/http-client.ts';
import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { klogLine } from '../control-plane/klog.ts';
import { numberFlag } from './flags.ts';
import { goGet } from './go-client.ts';
import { inCluster } from './in-cluster.ts';
import { logLine } from './server.ts';

const INTERVAL_SECONDS = 30;

interface State {
  next: number;
  fetching?: Fetching;
}

export const inclusterclient: Tool = {
  name: 'agnhost inclusterclient',
  step: (system): Next => {
    const interval = numberFlag(system, 'poll-interval', INTERVAL_SECONDS) * 1000;
    let state = system.process.data as State | null;
    const config = inCluster(system);
    if (!state) {
      system.err(klogLine(system.now(), 'I', 'main.go:56', 'started'));
      system.process.data = state = { next: system.now() + interval };
    }
    if (typeof config === 'string') {
      system.err(logLine(system.now(), `err: ${config}`));
      return { exit: 1 };
    }
    if (system.now() < state.next) return { wait: { until: state.next } };
    if (!state.fetching) {
      system.err(klogLine(system.now(), 'I', 'main.go:76', 'calling /healthz'));
      const hash = toBase64Url(sha256(utf8(`salt|Bearer ${config.token}`)));
      system.err(klogLine(system.now(), 'I', 'main.go:92', `authz_header=${hash}`));
      state.fetching = newFetching(system);
    }
    const got = goGet(system, state.fetching, `${config.host}/healthz`, {
      headers: [['Authorization', `Bearer ${config.token}`]],
      trusts: config.trusts,
    });
    if ('wait' in got) return got;
    if ('error' in got) complain(system, got.error, '');
    else if (!/^HTTP\/\S+ 200 /.test(got.message.start)) complain(system, got.message.start.replace(/^\S+ /, ''), got.message.body);
    delete state.fetching;
    state.next += interval;
    return 'again';
  },
};

function complain(system: System, problem: string, body: string): void {
  system.err(klogLine(system.now(), 'E', 'main.go:79', 'status=failed'));
  system.err(klogLine(system.now(), 'E', 'main.go:80', `error checking /healthz: ${problem}\n${body}`));
}
