import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../../../worker/lib/text.ts';
import type { HttpReply } from '../../../../worker/server/http.ts';
import { rewritten } from '../../../../worker/server/connect/rewrite.ts';
import { services } from '../../../../worker/resources/core/service.ts';
import { statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { openStream } from './peer.ts';
import type { StreamPeer } from './peer.ts';
import { listen, placeOf, servedBy, withPod } from './world.ts';
import type { Served } from './world.ts';

const POD = '/api/v1/namespaces/default/pods';
const SERVICE = '/api/v1/namespaces/default/services';

/** Asks through a proxy while a process of the pod listens; gives what the process was asked, and the answer to what it says. */
async function exchange(
  cluster: TestCluster,
  path: string,
  says: string | null,
  { method = 'GET', port = 80, body, headers }: { method?: string; port?: number; body?: string; headers?: Record<string, string> } = {},
): Promise<{ asked: string; answer: HttpReply }> {
  listen(cluster, port);
  const reply = cluster.send(method, path, body, headers);
  const [served] = servedBy(cluster);
  const asked = served?.read() ?? '';
  if (says === null) served?.close();
  else served?.write(says);
  return { asked, answer: (await reply) as HttpReply };
}

const textOf = ({ body }: HttpReply): string => (typeof body === 'string' ? body : fromUtf8(body));
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';

describe('a pod', () => {
  test('is asked as the client asked, without what concerns the API server only', async () => {
    const headers = { accept: 'text/plain', te: 'trailers', cookie: 'a=b', host: 'api.example:6443' };
    const { asked, answer } = await exchange(withPod(), `${POD}/web:8080/proxy/some%20path/?q=1&r=a%2Fb`, OK, { port: 8080, headers });
    expect(asked).toBe(
      [
        'GET /some%20path/?q=1&r=a%2Fb HTTP/1.1',
        'Host: api.example:6443',
        'Accept: text/plain',
        'Cookie: a=b',
        'X-Forwarded-For: 127.0.0.1',
        'X-Forwarded-Uri: /api/v1/namespaces/default/pods/web:8080/proxy/some%20path/',
        '\r\n',
      ].join('\r\n'),
    );
    expect([answer.status, answer.headers['content-type'], textOf(answer)]).toEqual([200, 'text/plain', 'hello']);
  });

  test.each([
    {
      name: 'the first port that it names',
      spec: { containers: [{ name: 'web', image: 'busybox', command: ['sleep', '1d'], ports: [{ containerPort: 9090 }] }] },
      port: 9090,
    },
    { name: 'port 80 if it names none', spec: {}, port: 80 },
  ])('$name', async ({ spec, port }) => {
    const { answer } = await exchange(withPod(spec as never), `${POD}/web/proxy/`, OK, { port });
    expect(textOf(answer)).toBe('hello');
  });

  test('a body goes with it, whatever the method', async () => {
    const { asked } = await exchange(withPod(), `${POD}/web/proxy/form`, OK, { method: 'POST', body: 'a=1' });
    expect(asked).toMatch(/^POST \/form HTTP\/1\.1\r\n/);
    expect(asked).toMatch(/Content-Length: 3\r\n\r\na=1$/);
  });

  test.each([
    {
      name: 'in chunks',
      says: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
      want: [200, 'hello'],
    },
    { name: 'nothing but headers', says: 'HTTP/1.1 204 No Content\r\n\r\n', want: [204, ''] },
    { name: 'an error of its own', says: 'HTTP/1.1 418 Teapot\r\nContent-Length: 3\r\n\r\ntea', want: [418, 'tea'] },
  ])('an answer $name', async ({ says, want }) => {
    const { answer } = await exchange(withPod(), `${POD}/web/proxy/`, says);
    expect([answer.status, textOf(answer)]).toEqual(want);
  });

  test('who speaks TLS is asked by TLS', async () => {
    const env = [{ name: 'SERVE_TLS_PORT_443', value: 'secret' }];
    const image = 'registry.k8s.io/e2e-test-images/agnhost:2.53';
    const cluster = withPod({ containers: [{ name: 'web', image, args: ['porter'], env }] } as never);
    const answer = await cluster.send('GET', `${POD}/https:web:443/proxy/`);
    expect(textOf(answer as HttpReply)).toBe('secret');
  });

  test('links in its pages lead through the proxy', async () => {
    const page = '<html><a href="/next">n</a></html>';
    const says = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`;
    const { answer } = await exchange(withPod(), `${POD}/web/proxy/`, says);
    expect(textOf(answer)).toBe('<html><a href="/api/v1/namespaces/default/pods/web/proxy/next">n</a></html>');
  });
});

describe('a service', () => {
  function withService(ports: { name?: string; port: number; targetPort?: number }[]): TestCluster {
    const cluster = withPod();
    cluster.api.create(services, { metadata: { name: 'web', namespace: 'default' }, spec: { selector: { app: 'web' }, ports } } as never);
    cluster.advance(2000);
    return cluster;
  }
  test.each([
    { name: 'by its only port', ports: [{ port: 80, targetPort: 8080 }], id: 'web' },
    { name: 'by the number of a port', ports: [{ port: 80, targetPort: 8080 }], id: 'web:80' },
    {
      name: 'by the name of a port',
      ports: [
        { name: 'a', port: 81 },
        { name: 'http', port: 80, targetPort: 8080 },
      ],
      id: 'web:http',
    },
    { name: 'by scheme, name and port', ports: [{ name: 'http', port: 80, targetPort: 8080 }], id: 'http:web:http' },
  ])('$name', async ({ ports, id }) => {
    const { answer } = await exchange(withService(ports), `${SERVICE}/${id}/proxy/`, OK, { port: 8080 });
    expect(textOf(answer)).toBe('hello');
  });

  test.each([
    { id: 'web:81', want: 'no service port 81 found for service "web"' },
    { id: 'web:http', want: 'no endpoints available for service "web:http"' },
    { id: 'https:web:80', want: 'error trying to reach service: tls: first record does not look like a TLS handshake' },
  ])('refused: $want', async ({ id, want }) => {
    const { answer } = await exchange(withService([{ port: 80, targetPort: 8080 }]), `${SERVICE}/${id}/proxy/`, OK, { port: 8080 });
    expect([answer.status, (JSON.parse(textOf(answer)) as { message: string }).message]).toEqual([503, want]);
  });

  test('without endpoints', async () => {
    const cluster = withPod();
    cluster.api.create(services, {
      metadata: { name: 'db', namespace: 'default' },
      spec: { selector: { app: 'db' }, ports: [{ port: 1 }] },
    } as never);
    cluster.advance(2000);
    const reply = await cluster.request('GET', `${SERVICE}/db/proxy/`);
    expect([reply.status, statusOf(reply).message]).toEqual([503, 'no endpoints available for service "db"']);
  });
});

describe('an answer that goes on', () => {
  async function begun(head: string): Promise<{ stream: StreamPeer; server: Served; cluster: TestCluster }> {
    const cluster = withPod();
    listen(cluster, 80);
    const opening = openStream(cluster, `${POD}/web/proxy/log`);
    const server = servedBy(cluster)[0]!;
    server.write(head);
    return { stream: await opening, server, cluster };
  }
  const CHUNKED = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n';
  const TO_THE_END = 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n';

  test.each<{ name: string; head: string; says: readonly string[]; want: readonly string[] }>([
    { name: 'in chunks', head: CHUNKED, says: ['2\r\nhe\r\n', '3\r\nllo\r\n'], want: ['he', 'hello'] },
    { name: 'a chunk in pieces', head: CHUNKED, says: ['2\r', '\nh', 'e\r\n1\r\nl\r\n3\r\n'], want: ['', '', 'hel'] },
    { name: 'begun with its head', head: `${CHUNKED}2\r\nhe\r\n`, says: ['1\r\nl\r\n'], want: ['hel'] },
    { name: 'until the connection ends', head: TO_THE_END, says: ['he', 'llo'], want: ['he', 'hello'] },
  ])('$name', async ({ head, says, want }) => {
    const { stream, server } = await begun(head);
    const came = says.map((data) => {
      server.write(data);
      return stream.text();
    });
    expect([came, stream.isClosed()]).toEqual([want, false]);
    server.close();
    expect(stream.isClosed()).toBe(true);
  });

  test('ends with its last chunk', async () => {
    const { stream, server } = await begun(CHUNKED);
    server.write('2\r\nhi\r\n0\r\n\r\n');
    expect([stream.text(), stream.isClosed(), server.read()]).toEqual(['hi', true, null]);
  });

  test('waits for a reader that is behind, who gets the rest all the same', async () => {
    const { stream, server } = await begun(CHUNKED);
    stream.setReady(false);
    server.write('1\r\na\r\n');
    server.write('1\r\nb\r\n0\r\n\r\n');
    expect([stream.text(), stream.isClosed()]).toEqual(['', false]);
    stream.setReady(true);
    expect([stream.text(), stream.isClosed()]).toEqual(['ab', true]);
  });

  test('is hung up on when the reader leaves', async () => {
    const { stream, server } = await begun(CHUNKED);
    stream.leave();
    expect(server.read()).toBe(null);
  });
});

describe('what is refused, or answered here', () => {
  test.each([
    { path: `${POD}/ftp:web:80/proxy/`, code: 400, want: 'invalid pod request "ftp:web:80"' },
    { path: `${SERVICE}/:80/proxy/`, code: 400, want: 'invalid service request ":80"' },
    { path: `${POD}/nope/proxy/`, code: 404, want: 'pods "nope" not found' },
    { path: `${SERVICE}/nope/proxy/`, code: 404, want: 'services "nope" not found' },
    { path: '/api/v1/nodes/nope/proxy/', code: 404, want: 'nodes "nope" not found' },
  ])('$want', async ({ path, code, want }) => {
    const reply = await withPod().request('GET', path);
    expect([reply.status, statusOf(reply).message]).toEqual([code, want]);
  });

  test('nobody listens, or nobody answers', async () => {
    const cluster = withPod();
    const refused = await cluster.request('GET', `${POD}/web:81/proxy/`);
    const { ip } = placeOf(cluster).sandbox;
    expect([refused.status, statusOf(refused).message]).toEqual([
      503,
      `error trying to reach service: dial tcp ${ip}:81: connect: connection refused`,
    ]);
    const { answer } = await exchange(cluster, `${POD}/web/proxy/`, null);
    expect(JSON.parse(textOf(answer))).toMatchObject({ code: 503, message: 'error trying to reach service: EOF' });
  });

  test('the root without its slash leads to the root', async () => {
    const cluster = withPod();
    expect(await cluster.send('GET', `${POD}/web/proxy?a=1`)).toMatchObject({
      status: 301,
      headers: { location: `${POD}/web/proxy/?a=1` },
    });
  });

  test('a socket that the other side does not open', async () => {
    const { answer } = await exchange(withPod(), `${POD}/web/proxy/ws`, OK, { headers: { connection: 'Upgrade', upgrade: 'websocket' } });
    expect(JSON.parse(textOf(answer))).toMatchObject({ code: 500, message: 'invalid upgrade response: status code 200' });
  });
});

describe('links', () => {
  const through = { prefix: '/p', path: '/', hosts: ['10.0.0.1:80', 'api:6443'] };
  test.each([
    { page: '<img src=/a.png>', want: '<img src=/p/a.png>' },
    { page: "<form method='post' action='/send'>", want: "<form method='post' action='/p/send'>" },
    { page: '<a href="page">', want: '<a href="page">' },
    { page: '<a href="http://10.0.0.1:80/x">', want: '<a href="/p/x">' },
    { page: '<a href="//api:6443/x/">', want: '<a href="/p/x/">' },
    { page: '<a href="https://example.com/x">', want: '<a href="https://example.com/x">' },
    { page: '<a href="mailto:me@example.com">', want: '<a href="mailto:me@example.com">' },
    { page: '<a href="/p/x">', want: '<a href="/p/x">' },
    { page: '<b title="/x">&lt;a href="/x"&gt;</b>', want: '<b title="/x">&lt;a href="/x"&gt;</b>' },
    { page: '<script src="/js.js" async></script>', want: '<script src="/p/js.js" async></script>' },
    { page: '<link rel="icon" href="/i.ico" />', want: '<link rel="icon" href="/p/i.ico" />' },
  ])('$page', ({ page, want }) => {
    const reply = rewritten({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: page }, through);
    expect(textOf(reply)).toBe(want);
  });

  test('a redirection', () => {
    const at = (location: string): string | undefined =>
      rewritten({ status: 302, headers: { location }, body: '' }, through).headers['location'];
    expect([at('/login'), at('http://api:6443/x'), at('other')]).toEqual(['/p/login', '/p/x', 'other']);
  });
});
