import { describe, expect, test } from 'vitest';
import { FileError } from '../../../../worker/world/files/error.ts';
import type { HttpAnswer, HttpRequest } from '../../../../worker/world/network/http-server.ts';
import { answerRequest } from '../../../../worker/world/programs/nginx/answer.ts';
import { readConfiguration } from '../../../../worker/world/programs/nginx/configuration.ts';
import { Lab } from '../lab.ts';

const MAIN = '/etc/nginx/nginx.conf';
const FILES = {
  [MAIN]: 'events {} http { include conf.d/*.conf; }',
  '/etc/nginx/conf.d/a.conf': 'server { listen 80; location / { proxy_pass http://backend; } }',
};

const sourcesOf = (files: Record<string, string>): Parameters<typeof readConfiguration>[1] => ({
  read: (path) => files[path],
  glob: (pattern) => Object.keys(files).filter((path) => path.startsWith(pattern.replace('*.conf', ''))),
});
const read = (files: Record<string, string>): ReturnType<typeof readConfiguration> => readConfiguration(MAIN, sourcesOf(files), undefined);

test('servers with the same files share what they say', () => {
  expect(read({ ...FILES })).toBe(read(FILES));
});

describe('what a server keeps of its configuration', () => {
  const ask = (lab: Lab, container: string): string =>
    lab.sessions.get(lab.exec(container, ['curl', '-s', 'localhost/index.html']))!.stdout;
  const run = (lab: Lab, container: string, command: string): void => void lab.exec(container, ['sh', '-c', command]);
  const keptBy = (lab: Lab, container: string): object => lab.find(container).container.service as object;

  test.each(['nginx', 'nginx:1.27-alpine'])('nothing, if it is the one that %s comes with', (image) => {
    const lab = new Lab();
    const { container } = lab.run({ image });
    expect(keptBy(lab, container)).not.toHaveProperty('site');
    lab.evict();
    expect(ask(lab, container)).toContain('Welcome to nginx!');
  });

  test('all of another, from one reload to the next', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: 'nginx' });
    run(
      lab,
      container,
      'cp /etc/nginx/conf.d/default.conf /tmp; echo "server { listen 80; return 200 mine; }" > /etc/nginx/conf.d/default.conf',
    );
    expect(ask(lab, container)).toContain('Welcome to nginx!');
    run(lab, container, 'nginx -s reload');
    lab.evict();
    expect(ask(lab, container)).toBe('mine');
    run(lab, container, 'cp /tmp/default.conf /etc/nginx/conf.d/default.conf; nginx -s reload');
    expect(keptBy(lab, container)).not.toHaveProperty('site');
    expect(ask(lab, container)).toContain('Welcome to nginx!');
  });
});

test.each([
  { name: 'a file that says something else', files: { ...FILES, '/etc/nginx/conf.d/a.conf': 'server { listen 81; }' }, ports: [81] },
  { name: 'a file more', files: { ...FILES, '/etc/nginx/conf.d/b.conf': 'server { listen 81; }' }, ports: [80, 81] },
  { name: 'a file that is gone', files: { [MAIN]: FILES[MAIN]! }, ports: [] },
])('$name is another configuration', ({ files, ports }) => {
  const before = read(FILES);
  expect(read(files).site.servers.flatMap((one) => one.ports.map(({ port }) => port))).toEqual(ports);
  expect(read(FILES)).toBe(before);
});

test('hosts that must be known are named with their place', () => {
  expect(read(FILES).hosts).toEqual([{ name: 'backend', file: '/etc/nginx/conf.d/a.conf', line: 1 }]);
});

test.each([
  { name: 'the server’s', path: '/a', is: 'outer' },
  { name: 'a location’s, over the server’s', path: '/b', is: 'inner' },
  { name: 'one of another', path: '/c', is: 'inner of /c' },
  { name: 'one kept over a rewrite', path: '/d', is: 'kept outer' },
])('$name variable', ({ path, is }) => {
  const { site } = read({
    [MAIN]: `events {} http { server { listen 80; set $one outer;
      location /a { return 200 $one; }
      location /b { set $one inner; return 200 $one; }
      location /c { set $one inner; set $two "$one of $uri"; return 200 $two; }
      location /d { set $kept kept; rewrite ^ /e last; }
      location /e { return 200 "$kept $one"; } } }`,
  });
  const request = {
    method: 'GET',
    path,
    target: path,
    query: '',
    headers: new Map(),
    body: '',
    client: '10.0.0.1',
  } as unknown as HttpRequest;
  expect(answerRequest(site, 80, request, {} as Parameters<typeof answerRequest>[3])).toMatchObject({ status: 200, body: is });
});

describe('who has to say who he is', () => {
  const ask = (user: string | undefined, file?: string): { status: number; log: string } => {
    const { site } = read({
      [MAIN]:
        'events {} http { server { listen 80; auth_basic "Staff"; auth_basic_user_file users; location / { return 200; } location /a { root /a; } } }',
    });
    let log = '';
    const header = user === undefined ? [] : ([['authorization', `Basic ${btoa(user)}`]] as const);
    const request = {
      method: 'GET',
      path: '/a',
      target: '/a',
      query: '',
      headers: new Map(header),
      body: '',
      client: '10.0.0.1',
      start: 'GET /a HTTP/1.1',
      version: 'HTTP/1.1',
    };
    const files = {
      find: (path: string) => (path === '/etc/nginx/users' && file !== undefined ? { content: file } : undefined),
      stat: (path: string) => {
        throw new FileError('ENOENT', path);
      },
    };
    const context = { files, now: () => 0, log: (_stream: string, text: string) => (log += text) };
    const { status } = answerRequest(site, 80, request as unknown as HttpRequest, context as never) as HttpAnswer;
    return { status, log };
  };

  // Hashes by `openssl passwd`, and `openssl sha1`.
  const USERS = [
    'apr:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/',
    'md5:$1$xyz$ltKULZvcG2A.9VxL6J.E60',
    'none:$apr1$12$j7.foDqJMxhlarzYUfC01/',
    'sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=',
    'plain:{PLAIN}secret',
    'bcrypt:$2y$05$abc',
  ].join('\n');
  test.each([
    { name: 'nobody', status: 401 },
    { name: 'Apache’s MD5', user: 'apr:secret', status: 404 },
    { name: 'MD5', user: 'md5:longer password than sixteen', status: 404 },
    { name: 'no password', user: 'none:', status: 404 },
    { name: 'SHA-1', user: 'sha:secret', status: 404 },
    { name: 'a plain one', user: 'plain:secret', status: 404 },
    { name: 'a wrong password', user: 'apr:secret2', status: 401, says: 'user "apr": password mismatch,' },
    { name: 'a stranger', user: 'eve:secret', status: 401, says: 'user "eve" was not found in "/etc/nginx/users",' },
    { name: 'a hash that is not known', user: 'bcrypt:secret', status: 500, says: 'crypt_r() failed (22: Invalid argument),' },
  ])('$name', ({ user, status, says = '' }) => {
    const answer = ask(user, USERS);
    expect(answer.status).toBe(status);
    expect(answer.log).toContain(says);
  });

  test('without a file, nobody is let in', () => {
    expect(ask('apr:secret')).toMatchObject({
      status: 403,
      log: expect.stringContaining('open() "/etc/nginx/users" failed (2: No such file or directory)'),
    });
  });
});

describe('a variable that is made of others', () => {
  const CONFIG = `events {} http {
    map $http_x_kind $kind { default other; A "is a"; ~^b(.*)$ "is like b"; ~*^C upper; }
    map $cookie_who $who { me $kind; default ""; }
    split_clients $arg_id $share { 25% quarter; * rest; }
    map $loop $loop { default $loop; }
    server { listen 80; return 200 "$kind|$who|$share|$loop"; } }`;
  const ask = (headers: Record<string, string>, query = ''): string => {
    const { site } = read({ [MAIN]: CONFIG });
    const request = { method: 'GET', path: '/', target: '/', query, headers: new Map(Object.entries(headers)), body: '', client: '' };
    return (answerRequest(site, 80, request as unknown as HttpRequest, {} as never) as HttpAnswer).body;
  };
  test.each([
    { name: 'neither', headers: {}, is: 'other|' },
    { name: 'a word in any case', headers: { 'x-kind': 'a' }, is: 'is a|' },
    { name: 'a regular expression', headers: { 'x-kind': 'bcd' }, is: 'is like b|' },
    { name: 'one where case does not matter', headers: { 'x-kind': 'cde' }, is: 'upper|' },
    { name: 'a cookie', headers: { cookie: 'a=b; who=me', 'x-kind': 'a' }, is: 'is a|is a' },
  ])('$name', ({ headers, is }) => {
    expect(ask(headers as Record<string, string>).startsWith(is)).toBe(true);
  });

  test('by shares', () => {
    const counts = { quarter: 0, rest: 0 };
    for (let i = 0; i < 1000; i++) counts[ask({}, `id=client-${i}`).split('|')[2] as 'quarter' | 'rest']++;
    expect(counts.quarter).toBeGreaterThan(200);
    expect(counts.quarter).toBeLessThan(300);
  });
});

test('what cannot be read is told each time', () => {
  const broken = { [MAIN]: 'events {} nonsense;' };
  for (let i = 0; i < 2; i++) expect(() => read(broken)).toThrow(`unknown directive "nonsense" in ${MAIN}:1`);
});
