// The controller of ingress-nginx, as a process: an nginx whose configuration is written for it (agents/ingress-nginx), which says so in its log. Without Ingresses it
// answers 404 to everybody.

import { httpListener } from '../../network/http-server.ts';
import type { HttpAnswer, HttpRequest, PassedOn } from '../../network/http-server.ts';
import { ended } from '../../process/program.ts';
import type { Service, ServiceContext } from '../../process/program.ts';
import { klogLine } from '../control-plane/klog.ts';
import { answerRequest } from './answer.ts';
import { certificateFor, hostOf, locationFor, serverFor } from './choose.ts';
import { errorPage } from './pages.ts';
import { accessTime, load } from './index.ts';
import { MAIN } from './packaged.ts';
import { webhookListener, webhookPortOf } from './ingress-webhook.ts';
import type { Site } from './site.ts';

export const INGRESS_CONTROLLER = 'nginx-ingress-controller';
const MI = 2 ** 20;
const HEALTH_PORT = 10_254;

interface Keep {
  readonly site: Site;
  readonly webhookPort?: number;
}

const BANNER = (version: string): string[] => [
  '-------------------------------------------------------------------------------',
  'NGINX Ingress controller',
  `  Release:       ${version}`,
  '  Repository:    https://github.com/kubernetes/ingress-nginx',
  '  nginx version: nginx/1.27.1',
  '',
  '-------------------------------------------------------------------------------',
  '',
];

export const ingressController: Service<Keep> = {
  name: INGRESS_CONTROLLER,
  isService: true,
  start(context) {
    const site = load(context, MAIN);
    const webhookPort = webhookPortOf(context);
    return 'ended' in site ? site : { site, ...(webhookPort !== undefined && { webhookPort }) };
  },
  startLines: (_keep, context) => {
    const line = (after: number, place: string, message: string) => ({
      after,
      stream: 'stderr' as const,
      text: klogLine(context.startedAt + after, 'I', place, message).slice(0, -1),
    });
    return [
      ...BANNER(context.env['CONTROLLER_VERSION'] ?? '').map((text) => ({ after: 0, stream: 'stdout' as const, text })),
      line(10, 'main.go:205', '"Creating API client" host="https://10.96.0.1:443"'),
      line(25, 'main.go:248', `"Running in Kubernetes cluster" major="1" minor="36" git="v1.36.1" state="clean" platform="linux/amd64"`),
      line(140, 'main.go:101', '"SSL fake certificate created" file="/etc/ingress-controller/ssl/default-fake-certificate.pem"'),
      line(180, 'nginx.go:273', '"Starting NGINX Ingress controller"'),
      line(190, 'nginx.go:319', '"Starting NGINX process"'),
      line(192, 'leaderelection.go:257', 'attempting to acquire leader lease ingress-nginx/ingress-nginx-leader...'),
    ];
  },
  listeners: ({ site, webhookPort }) => [
    ...(webhookPort === undefined ? [] : [webhookListener(webhookPort, site)]),
    ...[...new Map(site.servers.flatMap(({ ports }) => ports.map((one) => [one.port, one] as const))).values()].map(
      ({ port, address, isTls }) => ({
        ...httpListener(
          port,
          (request, context) => noted(site, port, request, answerRequest(site, port, request, context)),
          { log: logAccess, bad: () => errorPage(400, site) },
          address,
        ),
        ...(isTls && { isTls, certificate: (name: string, context: ServiceContext) => certificateFor(site, port, name, context) }),
      }),
    ),
    httpListener(HEALTH_PORT, ({ path }) => ({
      status: path === '/healthz' ? 200 : 404,
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      body: path === '/healthz' ? 'ok' : '404 page not found\n',
    })),
  ],
  signal(keep, signal, context) {
    if (signal === 'HUP') {
      const site = load(context, MAIN);
      return 'ended' in site ? keep : { ...keep, site };
    }
    if (signal !== 'TERM' && signal !== 'QUIT' && signal !== 'INT') return 'ignored';
    context.log('stderr', klogLine(context.now(), 'I', 'sigterm.go:36', '"Received SIGTERM, shutting down"'));
    context.log('stderr', klogLine(context.now(), 'I', 'nginx.go:395', '"Shutting down controller queues"'));
    return ended(0, 300);
  },
  processes: ({ site }) => [
    { title: '/usr/bin/dumb-init -- /nginx-ingress-controller' },
    { title: '/nginx-ingress-controller' },
    { title: 'nginx: master process /usr/bin/nginx -c /etc/nginx/nginx.conf' },
    ...Array.from({ length: Math.min(site.workers, 8) }, () => ({ title: 'nginx: worker process' })),
  ],
  usage: () => ({ cpu: 3, memory: 90 * MI }),
};

interface Passed {
  readonly upstream: string;
  /** Of a canary; '' if there is none, or it was not its turn. */
  readonly alternative: string;
  readonly address: string;
}

/** Where requests went, until their lines are written. */
const passed = new WeakMap<HttpRequest, Passed>();

/** The last of those who are asked counts. */
function noted(site: Site, port: number, request: HttpRequest, answer: HttpAnswer | PassedOn): HttpAnswer | PassedOn {
  if (!('to' in answer)) return answer;
  const { address, port: target } = answer.to;
  const settings = locationFor(serverFor(site, port, hostOf(request))?.locations ?? [], request.path)?.settings;
  const upstream = settings?.variables.findLast(([name]) => name === '$proxy_upstream_name')?.[1] ?? '-';
  const to = `${address}:${target}`;
  const isIts = !site.upstreams[upstream] || site.upstreams[upstream].members.includes(to);
  const alternative = isIts ? '' : (Object.entries(site.upstreams).find(([, { members }]) => members.includes(to))?.[0] ?? '');
  passed.set(request, { upstream, alternative, address: to });
  return { ...answer, finish: (got) => noted(site, port, request, answer.finish(got)) };
}

function logAccess(request: HttpRequest, status: number, bytes: number, context: ServiceContext): void {
  const get = (name: string): string => request.headers.get(name) ?? '-';
  const to = passed.get(request);
  const length =
    request.start.length +
    request.body.length +
    request.headers.list.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 4);
  const behind = to ? `[${to.upstream}] [${to.alternative}] ${to.address} ${bytes} 0.001 ${status}` : '[-] [] - - - -';
  context.log(
    'stdout',
    `${request.client} - - [${accessTime(context.now())}] "${request.start}" ${status} ${bytes} "${get('referer')}" "${get('user-agent')}" ${length} 0.001 ${behind} ${context.random.uuid().replaceAll('-', '')}\n`,
  );
}
