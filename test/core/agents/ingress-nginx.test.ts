import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import type { Ingress } from '../../../worker/api/gen/networking-v1.ts';
import type { Draft } from '../../../worker/api/object.ts';
import { utf8 } from '../../../worker/lib/text.ts';
import { makeCertificate, privateKeyPem, publicKeyInfoOf } from '../../../worker/lib/x509/certificate.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { secrets } from '../../../worker/resources/core/secret.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { ingresses } from '../../../worker/resources/networking/ingress.ts';
import { containerFiles } from '../../../worker/world/files/container-files.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import { eventsOf } from '../controllers/workloads.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const SYSTEM = 'ingress-nginx';

function start(): TestCluster {
  const cluster = makeTestCluster({ nodes: 2 });
  expect(cluster.cluster.installAddon('ingress-nginx')).toBe(true);
  for (const name of ['web', 'api']) {
    const container = {
      name: 'main',
      image: 'nginx:1.27',
      command: [
        'sh',
        '-c',
        `cd /usr/share/nginx/html; echo ${name} > index.html; mkdir sub; echo ${name}-sub > sub/index.html; exec nginx -g 'daemon off;'`,
      ],
      resources: {},
    };
    cluster.api.create(pods, {
      metadata: { name, namespace: 'default', labels: { app: name } },
      spec: { containers: [container] },
    } as never);
    cluster.api.create(services, {
      metadata: { name, namespace: 'default' },
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080, targetPort: 80 }] },
    } as never);
  }
  cluster.advance(30_000);
  return cluster;
}

type Paths = Record<string, string>;
/** `/path` → `service`, or `Exact /path`. */
function route(
  cluster: TestCluster,
  name: string,
  host: string | undefined,
  paths: Paths,
  more: { annotations?: Record<string, string>; tls?: string[] } = {},
): void {
  const http = {
    paths: Object.entries(paths).map(([text, service]) => {
      const [path, pathType = 'Prefix'] = text.split(' ').toReversed() as [string, string?];
      return { path, pathType, backend: { service: { name: service, port: { number: 8080 } } } };
    }),
  };
  cluster.api.create<Ingress>(ingresses, {
    metadata: { name, namespace: 'default', ...(more.annotations && { annotations: more.annotations }) },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ ...(host !== undefined && { host }), http }],
      ...(more.tls && { tls: [{ hosts: more.tls, secretName: 'tls' }] }),
    },
  } as Draft<Ingress>);
  cluster.advance(2000);
}

const read = ({ api }: TestCluster, name: string): Ingress => api.get(ingresses, 'default', name)!;
const controller = ({ api }: TestCluster) => api.list(pods, { namespace: SYSTEM })[0]!;
const address = (cluster: TestCluster): string =>
  cluster.api.get(nodes, '', controller(cluster).spec.nodeName!)!.status.addresses!.find(({ type }) => type === 'InternalIP')!.address;

/** What a command in a pod says. */
async function say(cluster: TestCluster, command: string): Promise<string> {
  const name = `say-${cluster.elapsed()}`;
  const container = { name: 'main', image: 'curlimages/curl', command: ['sh', '-c', command], resources: {} };
  cluster.api.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: { restartPolicy: 'Never', containers: [container] },
  } as never);
  cluster.advance(10_000);
  await cluster.settleTools();
  const { world } = cluster.cluster.simulation;
  const [made] = world.sandboxes.find('pod', `default/${name}`)[0]!.containers;
  return readLog(world, made!.id)
    .entries.map(({ text }) => text)
    .join('\n');
}
const curl = (host: string, rest: string): string => `curl -sk -m 5 -H 'Host: ${host}' ${rest}`;

function inside(cluster: TestCluster): { config: string; log: string } {
  const { world } = cluster.cluster.simulation;
  const [sandbox] = world.sandboxes.find('pod', controller(cluster).metadata.uid);
  const [container] = sandbox!.containers;
  return {
    config: containerFiles(world, sandbox!, container!).read('/etc/nginx/nginx.conf'),
    log: readLog(world, container!.id)
      .entries.map(({ text }) => text)
      .join('\n'),
  };
}

describe('ingress-nginx', () => {
  test('answers by host and path, on its node, on any node’s port, and by its Service', async () => {
    const cluster = start();
    route(cluster, 'web', 'www.example.com', { '/': 'web', '/sub': 'api' });
    const ip = address(cluster);
    const service = cluster.api.get(services, SYSTEM, 'ingress-nginx-controller')!;
    const port = service.spec.ports![0]!.nodePort!;
    const out = await say(
      cluster,
      [
        curl('www.example.com', `http://${ip}/`),
        curl('www.example.com', `http://${ip}/sub/`),
        curl('www.example.com', `http://172.18.0.2:${port}/`),
        curl('www.example.com', `http://172.18.0.3:${port}/`),
        curl('www.example.com', `http://${service.spec.clusterIP}/`),
        curl('other.example.com', `-o /dev/null -w '%{http_code}' http://${ip}/`),
      ].join('; '),
    );
    expect(out.split('\n')).toEqual(['web', 'api-sub', 'web', 'web', 'web', '404']);
    expect(cluster.errors).toEqual([]);
  });

  test('keeps those who have its cookie with the same endpoint', async () => {
    const cluster = start();
    for (const i of [1, 2, 3, 4])
      cluster.api.create(pods, {
        metadata: { name: `many-${i}`, namespace: 'default', labels: { app: 'many' } },
        spec: { containers: [{ name: 'main', image: 'traefik/whoami', resources: {} }] },
      } as never);
    cluster.api.create(services, {
      metadata: { name: 'many', namespace: 'default' },
      spec: { selector: { app: 'many' }, ports: [{ name: 'http', port: 8080, targetPort: 80 }] },
    } as never);
    cluster.advance(20_000);
    const annotations = { 'nginx.ingress.kubernetes.io/affinity': 'cookie', 'nginx.ingress.kubernetes.io/session-cookie-max-age': '60' };
    route(cluster, 'many', 'many.example.com', { '/': 'many' }, { annotations });
    const ip = address(cluster);
    const ask = (rest: string): string => `${curl('many.example.com', `${rest} http://${ip}/`)} | grep -i`;
    const out = await say(
      cluster,
      `${ask('-i')} set-cookie | tr -d '\\r'; c=$(${ask('-i')} set-cookie | sed 's/.*INGRESS/INGRESS/; s/;.*//'); for i in 1 2 3 4 5 6 7 8; do ${ask('-b $c')} ^hostname; done | sort | uniq | wc -l; ${ask('-i -b $c')} -c set-cookie; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do ${ask('')} ^hostname; done | sort | uniq | wc -l`,
    );
    const [cookie, kept, again, free] = out.split('\n').map((line) => line.trim());
    expect(cookie).toMatch(/^Set-Cookie: INGRESSCOOKIE=[0-9a-f]{32}; Max-Age=60; Path=\/; HttpOnly$/);
    expect([kept, again]).toEqual(['1', '0']);
    expect(Number(free)).toBeGreaterThan(1);
  });

  test.each([
    { name: 'lets in who is welcome', asks: `-H 'X-Pass: yes'`, want: 'web 200' },
    { name: 'refuses others', asks: '', want: '401' },
    {
      name: 'leads others to a place',
      signin: 'http://login.example.com/start',
      asks: '',
      want: '302 http://login.example.com/start?rd=http://www.example.com%2F',
    },
    { name: 'is not asked by strangers themselves', asks: '', path: '/_external-auth-default_web__', want: '404' },
    { name: 'does not answer', auth: 'http://nobody.default.svc.cluster.local/', asks: '', want: '500' },
  ] as { name: string; asks: string; signin?: string; auth?: string; path?: string; want: string }[])(
    'another server that is asked first $name',
    async ({ asks, signin, auth = 'http://guard.default.svc.cluster.local/check', path = '/', want }) => {
      const cluster = start();
      cluster.api.create(pods, {
        metadata: { name: 'guard', namespace: 'default', labels: { app: 'guard' } },
        spec: {
          containers: [
            {
              name: 'main',
              image: 'nginx:1.27',
              command: [
                'sh',
                '-c',
                `echo 'map $http_x_pass $answer { "" 401; default 200; } server { listen 80; location = /check { proxy_pass http://127.0.0.1:8$answer; } } server { listen 8200; return 200 ok; } server { listen 8401; return 401; }' > /etc/nginx/conf.d/default.conf; exec nginx -g 'daemon off;'`,
              ],
              resources: {},
            },
          ],
        },
      } as never);
      cluster.api.create(services, {
        metadata: { name: 'guard', namespace: 'default' },
        spec: { selector: { app: 'guard' }, ports: [{ port: 80 }] },
      } as never);
      cluster.advance(20_000);
      const annotations = {
        'nginx.ingress.kubernetes.io/auth-url': auth,
        ...(signin && { 'nginx.ingress.kubernetes.io/auth-signin': signin }),
      };
      route(cluster, 'web', 'www.example.com', { '/': 'web' }, { annotations });
      const ip = address(cluster);
      const out = await say(
        cluster,
        `${curl('www.example.com', `${asks} -w ' %{http_code} %{redirect_url}' http://${ip}${path}`)} | grep -v '<' | tr '\\n' ' '`,
      );
      expect(out.trim().replace(/ +/g, ' ')).toBe(want);
      expect(cluster.errors).toEqual([]);
    },
  );

  test.each([
    { name: 'nobody gave it one', asks: '', want: 'curl: (60) SSL certificate OpenSSL verify result: self-signed certificate (18)' },
    { name: 'one does not care', asks: '-k', want: 'web' },
    {
      name: 'a Secret has it',
      given: { host: 'www.example.com' },
      asks: '',
      want: 'curl: (60) SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)',
    },
    { name: 'one trusts its authority', given: { host: 'www.example.com' }, asks: '--cacert /tmp/ca.crt', want: 'web' },
    { name: 'it is for all names of a domain', given: { host: '*.example.com' }, asks: '--cacert /tmp/ca.crt', want: 'web' },
    {
      name: 'it is for another host',
      given: { host: 'api.example.com' },
      asks: '--cacert /tmp/ca.crt',
      want: 'curl: (60) SSL certificate OpenSSL verify result: self-signed certificate (18)',
    },
    {
      name: 'it is over',
      given: { host: 'www.example.com', days: -1 },
      asks: '--cacert /tmp/ca.crt',
      want: 'curl: (60) SSL certificate OpenSSL verify result: certificate has expired (10)',
    },
  ] as { name: string; given?: { host: string; days?: number }; asks: string; want: string }[])(
    'shows a certificate: $name',
    async ({ given, asks, want }) => {
      const cluster = start();
      const [root, own] = [sha256(utf8('root')), sha256(utf8('own'))];
      const now = Date.parse('2026-01-01T00:00:00Z');
      const common = { serial: root.slice(0, 8), issuer: { commonName: 'Example CA' }, issuerKey: root, notBefore: now - 9e8 };
      const authority = makeCertificate({
        ...common,
        subject: common.issuer,
        publicKeyInfo: publicKeyInfoOf(root),
        notAfter: now + 9e9,
        isAuthority: true,
        usages: ['cert sign'],
      });
      if (given)
        cluster.api.create(secrets, {
          metadata: { name: 'tls', namespace: 'default' },
          type: 'kubernetes.io/tls',
          data: {
            'tls.crt': btoa(
              makeCertificate({
                ...common,
                subject: { commonName: given.host },
                publicKeyInfo: publicKeyInfoOf(own),
                notAfter: now + (given.days ?? 30) * 86_400_000,
                usages: ['server auth'],
                dnsNames: [given.host],
              }),
            ),
            'tls.key': btoa(privateKeyPem(own)),
          },
        } as never);
      route(cluster, 'web', 'www.example.com', { '/': 'web' }, { tls: ['www.example.com'] });
      cluster.advance(5000);
      const resolve = `--resolve www.example.com:443:${address(cluster)}`;
      const out = await say(
        cluster,
        `echo '${authority}' > /tmp/ca.crt; curl -sS -m 5 ${asks} ${resolve} https://www.example.com/ 2>&1 | head -n 1`,
      );
      expect(out).toBe(want);
      expect(cluster.errors).toEqual([]);
    },
  );

  test('shows who it is to whoever wants to see it', async () => {
    const cluster = start();
    const key = sha256(utf8('own'));
    const now = Date.parse('2026-01-01T00:00:00Z');
    const name = { commonName: 'www.example.com', organizations: ['Example'] };
    const certificate = makeCertificate({
      serial: key.slice(0, 8),
      issuer: name,
      issuerKey: key,
      subject: name,
      publicKeyInfo: publicKeyInfoOf(key),
      notBefore: now - 86_400_000,
      notAfter: now + 30 * 86_400_000,
      usages: ['server auth'],
      dnsNames: ['*.example.com'],
    });
    cluster.api.create(secrets, {
      metadata: { name: 'tls', namespace: 'default' },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': btoa(certificate), 'tls.key': btoa(privateKeyPem(key)) },
    } as never);
    route(cluster, 'web', 'www.example.com', { '/': 'web' }, { tls: ['www.example.com'] });
    cluster.advance(5000);
    const ask = async (more: string): Promise<string[]> => {
      const out = await say(
        cluster,
        `echo '${certificate}' > /tmp/ca.crt; curl -sv -m 5 ${more} --resolve www.example.com:443:${address(cluster)} https://www.example.com/ 2>&1 | grep '^[*]' | grep -v 'TLSv1.3 (\\|Established'`,
      );
      return out.split('\n').slice(out.split('\n').findIndex((line) => line.includes('ALPN')));
    };
    const shown = [
      '* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519MLKEM768 / id-ecPublicKey',
      '* ALPN: server accepted http/1.1',
      '* Server certificate:',
      '*   subject: O=Example; CN=www.example.com',
      '*   start date: Dec 31 00:00:00 2025 GMT',
      '*   expire date: Jan 31 00:00:00 2026 GMT',
      '*   issuer: O=Example; CN=www.example.com',
      '*   Certificate level 0: Public key type EC/prime256v1 (256/128 Bits/secBits), signed using ecdsa-with-SHA256',
    ];
    const left = ['* using HTTP/1.x', '* Request completely sent off', '* Connection #0 to host www.example.com:443 left intact'];
    expect(await ask('-k')).toEqual([
      '* ALPN: curl offers http/1.1',
      '* SSL Trust: peer verification disabled',
      ...shown,
      '*  SSL certificate verification failed, continuing anyway!',
      ...left,
    ]);
    expect(await ask('--cacert /tmp/ca.crt')).toEqual([
      '* ALPN: curl offers http/1.1',
      '* SSL Trust Anchors:',
      '*   CAfile: /tmp/ca.crt',
      ...shown,
      '*   subjectAltName: "www.example.com" matches cert\'s "*.example.com"',
      '* SSL certificate verified via OpenSSL.',
      ...left,
    ]);
    expect(await ask('')).toEqual([
      '* ALPN: curl offers http/1.1',
      '* SSL Trust Anchors:',
      '*   CAfile: /etc/ssl/certs/ca-certificates.crt',
      '* SSL certificate OpenSSL verify result: self-signed certificate (18)',
      '* closing connection #0',
    ]);
  });

  test('tells Ingresses where they are, and that they were seen', () => {
    const cluster = start();
    route(cluster, 'web', undefined, { '/': 'web' });
    expect(eventsOf(cluster.api, read(cluster, 'web'))).toContain('Sync: Scheduled for sync');
    expect(eventsOf(cluster.api, controller(cluster))).toContain('RELOAD: NGINX reload triggered due to a change in configuration');
    cluster.advance(61_000);
    expect(read(cluster, 'web').status.loadBalancer.ingress).toEqual([{ ip: address(cluster) }]);
    const { config, log } = inside(cluster);
    expect(config).toContain('## start server _');
    expect(config).toContain('proxy_pass http://default-web-8080;');
    expect(log).toContain('"Backend successfully reloaded"');
  });

  test.each<{ name: string; paths: Paths; annotations?: Record<string, string>; ask: string; want: string }>([
    { name: 'an exact path only', paths: { 'Exact /sub/': 'web' }, ask: '/sub/', want: 'web-sub' },
    { name: 'not what is below an exact path', paths: { 'Exact /su': 'web' }, ask: '-o /dev/null -w %{http_code} /sub/', want: '404' },
    { name: 'not a longer word for a prefix', paths: { '/su': 'web' }, ask: '-o /dev/null -w %{http_code} /sub/', want: '404' },
    {
      name: 'a rewritten path',
      paths: { 'ImplementationSpecific /app(/|$)(.*)': 'web' },
      annotations: { 'nginx.ingress.kubernetes.io/rewrite-target': '/$2' },
      ask: '/app/sub/',
      want: 'web-sub',
    },
    { name: 'without endpoints, that it is unavailable', paths: { '/': 'nobody' }, ask: '-o /dev/null -w %{http_code} /', want: '503' },
    {
      name: 'not whom it should not',
      paths: { '/': 'web' },
      annotations: { 'nginx.ingress.kubernetes.io/whitelist-source-range': '192.0.2.0/24' },
      ask: '-o /dev/null -w %{http_code} /',
      want: '403',
    },
    {
      name: 'a redirect',
      paths: { '/': 'web' },
      annotations: { 'nginx.ingress.kubernetes.io/permanent-redirect': 'https://example.org/new' },
      ask: '-o /dev/null -w %{http_code},%{redirect_url} /',
      want: '301,https://example.org/new',
    },
    {
      name: 'the root of an application',
      paths: { '/sub': 'web' },
      annotations: { 'nginx.ingress.kubernetes.io/app-root': '/sub/' },
      ask: '-L /',
      want: 'web-sub',
    },
  ])('answers $name', async ({ paths, annotations, ask, want }) => {
    const cluster = start();
    route(cluster, 'web', 'a.example.com', paths, { ...(annotations && { annotations }) });
    const [options, path] = [ask.split(' ').slice(0, -1).join(' '), ask.split(' ').at(-1)];
    const out = await say(
      cluster,
      curl('a.example.com', `${options} --resolve a.example.com:80:${address(cluster)} http://${address(cluster)}${path}`),
    );
    expect(out).toBe(want);
  });

  const nginx = (names: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(names).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]));

  describe('a canary', () => {
    const HEADER = { 'canary-by-header': 'X-Canary' };
    test.each<{ name: string; how: Record<string, string>; ask: string; want: string }>([
      { name: 'without a part', how: {}, ask: '', want: 'web' },
      { name: 'with all', how: { 'canary-weight': '100' }, ask: '', want: 'api' },
      { name: 'with all of its own total', how: { 'canary-weight': '200', 'canary-weight-total': '200' }, ask: '', want: 'api' },
      { name: 'by a header', how: HEADER, ask: '-H "X-Canary: always"', want: 'api' },
      { name: 'not by another value of the header', how: HEADER, ask: '-H "X-Canary: yes"', want: 'web' },
      { name: 'never, by a header', how: { ...HEADER, 'canary-weight': '100' }, ask: '-H "X-Canary: never"', want: 'web' },
      { name: 'by a header’s value', how: { ...HEADER, 'canary-by-header-value': 'eu' }, ask: '-H "X-Canary: eu"', want: 'api' },
      { name: 'by a header’s pattern', how: { ...HEADER, 'canary-by-header-pattern': '^eu|us$' }, ask: '-H "X-Canary: eu-1"', want: 'api' },
      { name: 'by a cookie', how: { 'canary-by-cookie': 'beta' }, ask: '-H "Cookie: beta=always"', want: 'api' },
      {
        name: 'by a header before a cookie',
        how: { ...HEADER, 'canary-by-cookie': 'b' },
        ask: '-H "Cookie: b=always" -H "X-Canary: never"',
        want: 'web',
      },
    ])('$name', async ({ how, ask, want }) => {
      const cluster = start();
      route(cluster, 'web', 'a.example.com', { '/': 'web' });
      route(cluster, 'canary', 'a.example.com', { '/': 'api' }, { annotations: nginx({ canary: 'true', ...how }) });
      expect(await say(cluster, curl('a.example.com', `${ask} http://${address(cluster)}/`))).toBe(want);
      expect(inside(cluster).log).toContain(want === 'api' ? '[default-web-8080] [default-api-8080]' : '[default-web-8080] []');
    });

    test('gets its share', async () => {
      const cluster = start();
      route(cluster, 'web', 'a.example.com', { '/': 'web' });
      route(cluster, 'canary', 'a.example.com', { '/': 'api' }, { annotations: nginx({ canary: 'true', 'canary-weight': '30' }) });
      const out = await say(cluster, `for i in $(seq 100); do ${curl('a.example.com', `http://${address(cluster)}/`)}; done`);
      const share = out.split('\n').filter((line) => line === 'api').length;
      expect(share).toBeGreaterThan(15);
      expect(share).toBeLessThan(45);
    });

    test.each([
      { name: 'nobody behind it', canary: { '/': 'nobody' }, want: 'web' },
      { name: 'no place of another’s', canary: { '/sub': 'api' }, want: 'web' },
    ])('with $name gets nothing', async ({ canary, want }) => {
      const cluster = start();
      route(cluster, 'web', 'a.example.com', { '/': 'web' });
      route(cluster, 'canary', 'a.example.com', canary as Paths, { annotations: nginx({ canary: 'true', 'canary-weight': '100' }) });
      expect(await say(cluster, curl('a.example.com', `http://${address(cluster)}/`))).toBe(want);
    });
  });

  describe('users of a Secret', () => {
    // `openssl passwd -apr1 -salt abcdefgh secret`
    const HASH = '$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/';
    const FILE = { auth: btoa(`foo:${HASH}\n`) };
    test.each<{ name: string; data?: Record<string, string>; how?: Record<string, string>; want: string[] }>([
      { name: 'in a file', data: FILE, want: ['401', '401', 'web'] },
      { name: 'by their names', data: { foo: btoa(HASH) }, how: { 'auth-secret-type': 'auth-map' }, want: ['401', '401', 'web'] },
      { name: 'that is not there', want: ['503', '503', '503'] },
      { name: 'without users', data: { other: '' }, want: ['503', '503', '503'] },
      { name: 'of another namespace', data: FILE, how: { 'auth-secret': 'kube-system/basic-auth' }, want: ['503', '503', '503'] },
    ])('$name', async ({ data, how = {}, want }) => {
      const cluster = start();
      if (data) cluster.api.create(secrets, { metadata: { name: 'basic-auth', namespace: 'default' }, type: 'Opaque', data } as never);
      const annotations = nginx({ 'auth-type': 'basic', 'auth-secret': 'basic-auth', 'auth-realm': 'Staff only', ...how });
      route(cluster, 'web', 'a.example.com', { '/': 'web' }, { annotations });
      const url = `http://${address(cluster)}/`;
      const code = "-o /dev/null -w '%{http_code}\\n'";
      const out = await say(
        cluster,
        [
          curl('a.example.com', `${code} ${url}`),
          curl('a.example.com', `${code} -u foo:wrong ${url}`),
          want[2] === 'web' ? curl('a.example.com', `-u foo:secret ${url}`) : curl('a.example.com', `${code} -u foo:secret ${url}`),
        ].join('; '),
      );
      expect(out.split('\n')).toEqual(want);
    });

    test('goes by what the Secret says now', async () => {
      const cluster = start();
      const secret = cluster.api.create(secrets, {
        metadata: { name: 'basic-auth', namespace: 'default' },
        type: 'Opaque',
        data: FILE,
      } as never);
      route(cluster, 'web', 'a.example.com', { '/': 'web' }, { annotations: nginx({ 'auth-type': 'basic', 'auth-secret': 'basic-auth' }) });
      cluster.api.update(secrets, { ...secret, data: { auth: btoa('foo:{PLAIN}new\n') } });
      cluster.advance(1000);
      const asked = ['', '-u foo:secret', '-u foo:new'].map((who) =>
        curl('a.example.com', `-I ${who} http://${address(cluster)}/ | head -1`),
      );
      expect((await say(cluster, asked.join('; '))).split('\n').map((line) => line.trim())).toEqual([
        'HTTP/1.1 401 Unauthorized',
        'HTTP/1.1 401 Unauthorized',
        'HTTP/1.1 200 OK',
      ]);
    });
  });

  test('leads to HTTPS where there is a certificate', async () => {
    const cluster = start();
    route(cluster, 'web', 'a.example.com', { '/': 'web' }, { tls: ['a.example.com'] });
    const ip = address(cluster);
    const out = await say(
      cluster,
      [
        curl('a.example.com', `-o /dev/null -w '%{http_code} %{redirect_url}\\n' http://${ip}/sub/`),
        curl('a.example.com', `https://${ip}/sub/`),
      ].join('; '),
    );
    expect(out.split('\n')).toEqual(['308 https://a.example.com/sub/', 'web-sub']);
  });

  test('follows endpoints without a reload', async () => {
    const cluster = start();
    route(cluster, 'web', undefined, { '/': 'web' });
    const count = (): number => inside(cluster).log.split('Backend successfully reloaded').length;
    const before = count();
    cluster.api.create(pods, {
      metadata: { name: 'web-2', namespace: 'default', labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'nginx:1.27', resources: {} }] },
    } as never);
    cluster.advance(10_000);
    expect(inside(cluster).config.match(/\t\tserver 10\./g)).toHaveLength(2);
    expect(count()).toBe(before);
  });

  test('leaves alone the Ingresses of other classes', () => {
    const cluster = start();
    cluster.api.create<Ingress>(ingresses, {
      metadata: { name: 'other', namespace: 'default' },
      spec: { ingressClassName: 'other', defaultBackend: { service: { name: 'web', port: { number: 8080 } } } },
    } as Draft<Ingress>);
    cluster.advance(120_000);
    expect(read(cluster, 'other').status.loadBalancer.ingress).toBeUndefined();
    expect(inside(cluster).config).not.toContain('default-web-8080');
  });
});
