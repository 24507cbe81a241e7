// agnhost no-snat-test-proxy: asks a no-snat-test for whoever asks it. Mirrors test/images/agnhost/no-snat-test-proxy.

import { newFetching } from '../../commands/http-client.ts';
import type { Fetching } from '../../commands/http-client.ts';
import { statusOfAnswer } from '../../network/http.ts';
import { eventServer } from '../event-server.ts';
import { numberFlag } from './flags.ts';
import { goGet } from './go-client.ts';
import { formOf, notFound, text } from './server.ts';

const PORT = 31_235;

export const noSnatTestProxy = eventServer<null>({
  name: 'agnhost no-snat-test-proxy',
  begin: (system) => ({ state: null, ports: [{ port: numberFlag(system, 'port', PORT) }] }),
  answer: (system, request, _state, work) => {
    if (request.path !== '/checknosnat') return notFound();
    const form = formOf(request);
    const url = `http://${form.get('target') ?? ''}/checknosnat?ips=${form.get('ips') ?? ''}`;
    const got = goGet(system, (work.kept ??= newFetching(system)) as Fetching, url);
    if ('wait' in got) return got;
    if ('error' in got) return text(`error querying ${JSON.stringify(url)}, err: ${got.error}`, 500);
    return text(got.message.body, statusOfAnswer(got.message.start));
  },
});
