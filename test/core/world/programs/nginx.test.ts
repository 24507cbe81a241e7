import { expect, test } from 'vitest';
import type { HttpRequest } from '../../../../worker/world/network/http-server.ts';
import { answerRequest } from '../../../../worker/world/programs/nginx/answer.ts';
import { readConfiguration } from '../../../../worker/world/programs/nginx/configuration.ts';

const MAIN = '/etc/nginx/nginx.conf';
const FILES = {
  [MAIN]: 'events {} http { include conf.d/*.conf; }',
  '/etc/nginx/conf.d/a.conf': 'server { listen 80; location / { proxy_pass http://backend; } }',
};

const sourcesOf = (files: Record<string, string>): Parameters<typeof readConfiguration>[1] => ({
  read: (path) => files[path],
  glob: (pattern) => Object.keys(files).filter((path) => path.startsWith(pattern.replace('*.conf', ''))),
});
const read = (files: Record<string, string>): ReturnType<typeof readConfiguration> => readConfiguration(MAIN, sourcesOf(files));

test('servers with the same files share what they say', () => {
  expect(read({ ...FILES })).toBe(read(FILES));
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

test('what cannot be read is told each time', () => {
  const broken = { [MAIN]: 'events {} nonsense;' };
  for (let i = 0; i < 2; i++) expect(() => read(broken)).toThrow(`unknown directive "nonsense" in ${MAIN}:1`);
});
