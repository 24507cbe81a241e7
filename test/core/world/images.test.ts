// Images that examples use: what they print, what they answer, and how they end.

import { describe, expect, test } from 'vitest';
import { digitsOfPi } from '../../../worker/world/commands/languages.ts';
import { Lab } from './lab.ts';
import type { PodSpec } from './lab.ts';

/** Starts a pod, and runs a command in a pod with curl. */
async function ask(spec: PodSpec, command: (ip: string) => string): Promise<string> {
  const lab = new Lab();
  const { ip } = lab.run({ ...spec, name: 'app' });
  const { container } = lab.run({ image: 'nicolaka/netshoot', name: 'box', command: ['sleep', '100000'] });
  lab.evicts = true;
  const session = lab.exec(container, ['sh', '-c', command(ip)]);
  lab.advance(15_000);
  await lab.settleTools();
  const { stdout, stderr } = lab.sessions.get(session)!;
  return stdout + stderr;
}

describe('web servers', () => {
  test.each([
    { name: 'http-echo', spec: { image: 'hashicorp/http-echo', args: ['-text=hi there'] }, path: ':5678', want: 'hi there\n' },
    {
      name: 'http-echo elsewhere',
      spec: { image: 'hashicorp/http-echo:1.0', args: ['-listen=:8080', '-text', 'x'] },
      path: ':8080',
      want: 'x\n',
    },
    {
      name: 'hello-app',
      spec: { image: 'gcr.io/google-samples/hello-app:2.0' },
      path: ':8080',
      want: 'Hello, world!\nVersion: 2.0.0\nHostname: app\n',
    },
    {
      name: 'bootcamp',
      spec: { image: 'gcr.io/google-samples/kubernetes-bootcamp:v1' },
      path: ':8080',
      want: 'Hello Kubernetes bootcamp! | Running on: app | v=1\n',
    },
    { name: 'httpd', spec: { image: 'httpd:2.4' }, path: '', want: '<html><body><h1>It works!</h1></body></html>\n' },
    { name: 'hpa-example', spec: { image: 'registry.k8s.io/hpa-example' }, path: '', want: 'OK!' },
    {
      name: 'agnhost netexec',
      spec: { image: 'registry.k8s.io/e2e-test-images/agnhost:2.53', args: ['netexec', '--http-port=80'] },
      path: '/echo?msg=hey',
      want: 'hey',
    },
    {
      name: 'agnhost serve-hostname',
      spec: { image: 'registry.k8s.io/e2e-test-images/agnhost:2.53', args: ['serve-hostname'] },
      path: ':9376',
      want: 'app',
    },
    {
      name: 'python',
      spec: { image: 'python:3.12', command: ['sh', '-c', 'mkdir /w; cd /w; echo page > index.html; python -m http.server 8000'] },
      path: ':8000',
      want: 'page\n',
    },
    { name: 'an image that nobody knows', spec: { image: 'example.com/team/app:1.2', ports: [8080] }, path: ':8080', want: 'app\n' },
  ])('$name', async ({ spec, path, want }) => {
    expect(await ask(spec, (ip) => `curl -s ${ip}${path}`)).toBe(want);
  });

  test('nginx passes on, returns, and says what is wrong with its configuration', async () => {
    const conf =
      'events {}\nhttp { server { listen 8080; location / { proxy_pass http://127.0.0.1:80; } location /teapot { return 418 "short"; } location = /go { return 301 /x; } } include /etc/nginx/conf.d/*.conf; }';
    const spec = { image: 'nginx', command: ['sh', '-c', `echo '${conf}' > /etc/nginx/nginx.conf; exec nginx -g 'daemon off;'`] };
    expect(
      await ask(
        spec,
        (ip) =>
          `curl -s ${ip}:8080 | grep title; curl -s ${ip}:8080/teapot; curl -s -o /dev/null -w ' %{http_code} %{redirect_url}' ${ip}:8080/go`,
      ),
    ).toBe(`<title>Welcome to nginx!</title>\nshort 301 http://10.244.0.2:8080/x`);
    const counting = 'server { listen 80; location / { return 204; } location /status { stub_status; } }';
    const counted = {
      image: 'nginx',
      command: ['sh', '-c', `echo '${counting}' > /etc/nginx/conf.d/default.conf; exec nginx -g 'daemon off;'`],
    };
    expect(await ask(counted, (ip) => `curl -s ${ip}; curl -s ${ip}/b; curl -s ${ip}/status`)).toBe(
      'Active connections: 1 \nserver accepts handled requests\n 3 3 3 \nReading: 0 Writing: 1 Waiting: 0 \n',
    );
    const lab = new Lab();
    const { container } = lab.run({
      image: 'nginx',
      command: [
        'sh',
        '-c',
        "echo 'server { listen 80; location / { proxy_pass http://backend; } }' > /etc/nginx/conf.d/default.conf; nginx -g 'daemon off;'",
      ],
    });
    lab.advance(1000);
    expect(lab.log(container)).toContain('nginx: [emerg] host not found in upstream "backend" in /etc/nginx/conf.d/default.conf:1\n');
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 1 });
  });

  test.each([
    ['location ~ ^/(a { return 200; }', 'missing closing parenthesis in "^/(a"'],
    ['server_name ~*[a;', 'missing terminating ] for character class in "[a"'],
    ['rewrite a** /b;', 'quantifier does not follow a repeatable item in "a**"'],
  ])('%s', (directive, problem) => {
    const lab = new Lab();
    const { container } = lab.run({
      image: 'nginx',
      command: ['sh', '-c', `echo 'server { listen 80; ${directive} }' > /etc/nginx/conf.d/default.conf; nginx -g 'daemon off;'`],
    });
    lab.advance(1000);
    expect(lab.log(container)).toContain(`nginx: [emerg] pcre2_compile() failed: ${problem} in /etc/nginx/conf.d/default.conf:1\n`);
  });
});

describe('curl', () => {
  const nothing = { image: 'busybox', command: ['sleep', '1000'] };
  test.each([
    {
      name: 'a port where nobody listens',
      command: (ip: string) => `curl -sS ${ip}:81; echo $?`,
      want: '7\ncurl: (7) Failed to connect to 10.244.0.2 port 81 after 0 ms: Could not connect to server\n',
    },
    { name: 'a name that nobody has', command: () => 'curl -s http://nope; echo $?', want: '6\n' },
    {
      name: 'time runs out before there is a connection',
      command: () => 'curl -sS -m 1 http://10.99.0.1; echo $?',
      want: '28\ncurl: (28) Connection timed out after 1000 milliseconds\n',
    },
    {
      name: 'time runs out before there is an answer',
      command: () => 'sleep 9 | nc -l -p 81 > /dev/null & sleep 1; curl -sS -m 1 http://localhost:81 > /dev/null; echo $?',
      want: '28\ncurl: (28) Operation timed out after 1000 milliseconds with 0 bytes received\n',
    },
  ])('$name', async ({ command, want }) => {
    expect(await ask(nothing, command)).toBe(want);
  });

  test('methods, headers, bodies and what comes back', async () => {
    const spec = { image: 'traefik/whoami' };
    expect(
      await ask(
        spec,
        (ip) =>
          `curl -s -X POST -H 'X-A: 1' -d 'q=2' ${ip}/p | grep -E 'POST|X-A|Content-L'; curl -sI ${ip} | head -1; curl -s -o /dev/null -w '%{http_code}\\n' ${ip}; for one in 'curl -s -H' 'wget -qO- --header'; do $one 'Host: a.example' ${ip} | grep ^Host:; done`,
      ),
    ).toBe('POST /p HTTP/1.1\nContent-Length: 3\nX-A: 1\nHTTP/1.1 200 OK\r\n200\nHost: a.example\nHost: a.example\n');
  });
});

describe('curl shows an answer that goes on as it comes', () => {
  const HEAD = 'HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\n';
  test.each([
    {
      name: 'in chunks',
      says: `printf '${HEAD}Transfer-Encoding: chunked\\r\\n\\r\\n2\\r\\na\\n\\r\\n'; sleep 5; printf '2\\r\\nb\\n\\r\\n'; sleep 5; printf '0\\r\\n\\r\\n'`,
      want: ['a\n', 'a\nb\n', 'a\nb\n200 4\n0\n'],
    },
    {
      name: 'until the connection ends, behind its head',
      options: '-i ',
      says: `printf '${HEAD}\\r\\na\\n'; sleep 5; printf 'b\\n'; sleep 5`,
      want: [
        'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\na\n',
        'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\na\nb\n',
        'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\na\nb\n200 4\n0\n',
      ],
    },
    {
      name: 'though it breaks off',
      says: `printf '${HEAD}Transfer-Encoding: chunked\\r\\n\\r\\n2\\r\\na\\n\\r\\n'; sleep 9`,
      want: ['a\n', 'a\n', 'a\n200 2\n18\n'],
    },
    {
      name: 'all at once into a file',
      options: '-o /tmp/x ',
      says: `printf '${HEAD}\\r\\na\\n'; sleep 9; printf 'b\\n'`,
      want: ['', '', '200 4\n0\n'],
    },
  ])('$name', ({ says, options = '', want }) => {
    const lab = new Lab();
    const { ip } = lab.run({ image: 'busybox', command: ['sh', '-c', `{ ${says}; } | nc -l -p 80`], name: 'app' });
    const { container } = lab.run({ image: 'nicolaka/netshoot', name: 'box', command: ['sleep', '100000'] });
    lab.evicts = true;
    const session = lab.exec(container, ['sh', '-c', `curl -sN ${options}-w '%{http_code} %{size_download}\\n' ${ip}; echo $?`]);
    const seen = want.map(() => {
      lab.advance(4000);
      return lab.sessions.get(session)!.stdout;
    });
    expect(seen).toEqual(want);
  });

  test('and so does wget', () => {
    const lab = new Lab();
    const says = `printf '${HEAD}\\r\\na\\n'; sleep 5; printf 'b\\n'; sleep 2`;
    const { ip, container } = lab.run({ image: 'busybox', command: ['sh', '-c', `{ ${says}; } | nc -l -p 80; sleep 100`], name: 'app' });
    lab.evicts = true;
    const session = lab.exec(container, ['wget', '-O-', ip]);
    lab.advance(4000);
    expect(lab.sessions.get(session)).toMatchObject({ stdout: 'a\n', stderr: `Connecting to ${ip}:80 (${ip}:80)\nwriting to stdout\n` });
    lab.advance(4000);
    expect(lab.sessions.get(session)).toMatchObject({
      stdout: 'a\nb\n',
      stderr: expect.stringMatching(/ 4 {2}0:00:00 ETA\nwritten to stdout\n$/),
      code: 0,
    });
  });
});

test('redis keeps what it is told, and finds it again after a stop', async () => {
  const lab = new Lab();
  const { container } = lab.run({ image: 'redis:7', name: 'db' });
  lab.evicts = true;
  const session = lab.exec(container, [
    'sh',
    '-c',
    'redis-cli ping; redis-cli set k v; redis-cli get k; redis-cli incr n; redis-cli rpush l a b; redis-cli lrange l 0 -1; redis-cli get nothing; redis-cli lpop k',
  ]);
  expect(lab.sessions.get(session)).toEqual({
    stdout: 'PONG\nOK\nv\n1\n2\na\nb\n\nWRONGTYPE Operation against a key holding the wrong kind of value\n',
    stderr: '',
    code: 0,
  });
  expect(lab.log(container)).toContain('* Ready to accept connections tcp\n');
  lab.stop(container);
  lab.advance(100);
  expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 0 });
});

test('nc carries bytes both ways', async () => {
  const lab = new Lab();
  const { container, ip } = lab.run({ image: 'busybox', name: 'server', command: ['sh', '-c', 'echo pong | nc -l -p 9000'] });
  const client = lab.run({ image: 'busybox', name: 'client', command: ['sh', '-c', `echo ping | nc ${ip} 9000`] });
  lab.advance(1000);
  expect([lab.log(container), lab.log(client.container)]).toEqual(['ping\n', 'pong\n']);
});

test('ping counts, and notices who is not there', async () => {
  expect(await ask({ image: 'busybox', command: ['sleep', '100'] }, (ip) => `ping -c 1 ${ip} | sed 's/time=.*/time=T/; s/^r.*//'`)).toBe(
    'PING 10.244.0.2 (10.244.0.2): 56 data bytes\n64 bytes from 10.244.0.2: seq=0 ttl=63 time=T\n\n--- 10.244.0.2 ping statistics ---\n1 packets transmitted, 1 packets received, 0% packet loss\n\n',
  );
});

test("perl's digits of π", () => {
  expect(digitsOfPi(20)).toBe('3.1415926535897932385');
});

describe('databases', () => {
  test.each([
    { image: 'mysql:8.0', env: {}, said: '- MYSQL_ROOT_PASSWORD\n', exit: 1 },
    { image: 'mariadb:11', env: {}, said: 'You need to specify one of MARIADB_ROOT_PASSWORD,', exit: 1 },
    { image: 'postgres:16', env: {}, said: 'superuser password is not specified.\n', exit: 1 },
    { image: 'mysql:8.0', env: { MYSQL_ROOT_PASSWORD: 'x' }, said: 'ready for connections.', exit: undefined },
    {
      image: 'postgres:16-alpine',
      env: { POSTGRES_PASSWORD: 'x' },
      said: 'database system is ready to accept connections\n',
      exit: undefined,
    },
  ])('$image with $env', ({ image, env, said, exit }) => {
    const lab = new Lab();
    const { container } = lab.run({ image, env });
    lab.advance(2000);
    expect(lab.log(container)).toContain(said);
    expect(lab.find(container).container).toMatchObject(exit === undefined ? { state: 'running' } : { state: 'exited', exitCode: exit });
  });

  test('are asked whether they are alive', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: 'mysql:8.0', env: { MYSQL_ROOT_PASSWORD: 'x' } });
    const session = lab.exec(container, [
      'sh',
      '-c',
      'mysqladmin ping -h localhost; mysql -h 127.0.0.1 -e "SELECT 1"; mysql -h 127.0.0.1 -P 3307 -e "SELECT 1"',
    ]);
    expect(lab.sessions.get(session)).toEqual({
      stdout: 'mysqld is alive\n1\n1\n',
      stderr: "ERROR 2003 (HY000): Can't connect to MySQL server on '127.0.0.1:3306' (111)\n",
      code: 1,
    });
  });
});
