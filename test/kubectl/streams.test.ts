// What goes on for a while: logs that are followed, commands in containers, files copied, ports forwarded, requests passed on.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubectl, makePlace } from './kubectl.ts';
import type { Place } from './kubectl.ts';

const TICKER = ['--', 'sh', '-c', 'i=0; while true; do echo "tick $i"; i=$((i+1)); sleep 1; done'];

const CLUSTERS = [
  { template: 'bare', speed: 'instant', node: 'node-1' },
  { template: 'default', speed: 1, node: 'worker-1' },
];

describe.skipIf(!kubectl).each(CLUSTERS)('template $template at speed $speed', ({ template, speed, node }) => {
  let place: Place;
  beforeAll(async () => {
    place = await makePlace({ template, nodes: 2, speed });
    await place.ok('run', 'web', '--image=nginx', '--port=80', '--expose');
    await place.ok('run', 'box', '--image=busybox', '--', 'sleep', '360000');
    await place.ok('wait', '--for=condition=Ready', 'pod/web', 'pod/box', '--timeout=60s');
  });
  afterAll(() => place.leave());

  test('logs, and more logs as they come', async () => {
    await place.ok('run', 'ticker', '--image=busybox', ...TICKER);
    await place.ok('wait', '--for=condition=Ready', 'pod/ticker');
    const follow = place.start(['logs', '-f', 'ticker']);
    await follow.sees(/^tick 0\n[^]*tick 2\n/);
    follow.stop();
    await follow.ended;
    expect(await place.ok('logs', 'ticker', '--tail=1', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z tick \d+\n$/);
    expect(await place.ok('logs', '--selector', 'run=ticker', '--prefix', '--tail=1')).toMatch(/^\[pod\/ticker\/ticker\] tick \d+\n$/);
    const ends = place.start(['logs', '-f', 'ticker', '--tail=1']);
    await ends.sees(/tick/);
    await place.ok('delete', 'pod', 'ticker', '--grace-period=1');
    expect((await ends.ended).code).toBe(0);
  });

  test('a command: its output, its errors, its code, its input', async () => {
    expect(await place.run(['exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 7\n',
    });
    expect(await place.run(['exec', '-i', 'box', '--', 'cat'], { stdin: 'grüße\n' })).toMatchObject({ code: 0, stdout: 'grüße\n' });
    expect(await place.ok('exec', 'deploy/none', '--', 'true').catch((error: Error) => error.message)).toMatch(
      /deployments\.apps "none" not found/,
    );
  });

  test('a command that is spoken with', async () => {
    const shell = place.start(['exec', '-i', 'box', '--', 'sh']);
    shell.type('echo one\n');
    await shell.sees(/^one\n/);
    shell.type('echo two; exit 4\n');
    expect(await shell.ended).toMatchObject({ code: 4, stdout: 'one\ntwo\n' });
  });

  test('a pod is reached by its service, from another pod', async () => {
    // Names need CoreDNS, which a bare cluster has not.
    const name = template === 'bare' ? await place.ok('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}') : 'web';
    await expect
      .poll(() => place.run(['exec', 'box', '--', 'wget', '-qO-', `http://${name}`]), { timeout: 20_000 })
      .toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/Welcome to nginx!/),
      });
  });

  test('files are copied, both ways', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 256));
    writeFileSync(join(place.folder, 'up.bin'), bytes);
    await place.ok('cp', 'up.bin', 'box:/tmp/up.bin');
    await place.ok('cp', 'box:/tmp/up.bin', 'down.bin');
    expect(readFileSync(join(place.folder, 'down.bin')).equals(bytes)).toBe(true);
    await place.ok('cp', 'web:/etc/nginx/conf.d', 'conf.d');
    expect(readFileSync(join(place.folder, 'conf.d/default.conf'), 'utf8')).toMatch(/listen +80;/);
  });

  test('a port is forwarded, for many requests', async () => {
    const forward = place.start(['port-forward', 'service/web', ':80']);
    const [, port] = await forward.sees(/Forwarding from 127\.0\.0\.1:(\d+) -> 80/);
    const pages = await Promise.all(
      Array.from({ length: 10 }, async () => (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text()),
    );
    expect(pages.filter((page) => page.includes('Welcome to nginx!'))).toHaveLength(10);
    forward.stop();
    await forward.ended;
  });

  test('nobody listens at the port that is forwarded', async () => {
    const forward = place.start(['port-forward', 'pod/web', ':81']);
    const [, port] = await forward.sees(/Forwarding from 127\.0\.0\.1:(\d+) -> 81/);
    await fetch(`http://127.0.0.1:${port}/`).catch(() => {});
    const { code, stderr } = await forward.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /an error occurred forwarding \d+ -> 81: error forwarding port 81 to pod \w{64}, uid : failed to execute portforward/,
    );
    expect(stderr).toMatch(/dial tcp4 127\.0\.0\.1:81: connect: connection refused/);
    expect(stderr).toMatch(/error: lost connection to pod\n$/);
  });

  test('old clients speak SPDY, which the local server carries', async () => {
    const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' };
    expect(await place.run(['exec', '-i', 'box', '--', 'sh', '-c', 'cat; echo err >&2; exit 6'], { env, stdin: 'hello\n' })).toEqual({
      code: 6,
      stdout: 'hello\n',
      stderr: 'err\ncommand terminated with exit code 6\n',
    });
    expect((await place.run(['exec', 'box', '-c', 'other', '--', 'true'], { env })).stderr).toBe(
      'Error from server (BadRequest): container other is not valid for pod box\n',
    );
    const forward = place.start(['port-forward', 'pod/web', ':80'], { env });
    const [, port] = await forward.sees(/Forwarding from 127\.0\.0\.1:(\d+) -> 80/);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toMatch(/Welcome to nginx!/);
    forward.stop();
    await forward.ended;
  });

  test('the API server passes requests on', async () => {
    expect(await place.ok('get', '--raw', '/api/v1/namespaces/default/services/web/proxy/')).toMatch(/Welcome to nginx!/);
    expect(await place.ok('get', '--raw', '/api/v1/namespaces/default/pods/web:80/proxy/')).toMatch(/Welcome to nginx!/);
    expect(await place.ok('get', '--raw', `/api/v1/nodes/${node}/proxy/healthz`)).toBe('ok');
    const proxy = place.start(['proxy', '--port=0']);
    const [, port] = await proxy.sees(/Starting to serve on 127\.0\.0\.1:(\d+)/);
    const page = await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/default/services/web/proxy/`);
    expect(await page.text()).toMatch(/Welcome to nginx!/);
    proxy.stop();
    await proxy.ended;
  });

  test('a pod for a moment: run -it --rm', async () => {
    const run = place.start([
      'run',
      'moment',
      '-i',
      '--rm',
      '--restart=Never',
      '--image=busybox',
      '--',
      'sh',
      '-c',
      'read x; echo "you said $x"',
    ]);
    run.type('hello\n');
    run.endInput();
    expect((await run.ended).stdout).toMatch(/you said hello\n[^]*pod "moment" deleted/);
    const failed = await place.run(['run', 'fails', '-i', '--rm', '--restart=Never', '--image=busybox', '--', 'sh', '-c', 'exit 3']);
    expect(failed.code).toBe(3);
  });

  test('attach shows what the first process prints, and feeds it', async () => {
    await place.ok(
      'run',
      'echoes',
      '--image=busybox',
      '--stdin',
      '--restart=Never',
      '--attach=false',
      '--',
      'sh',
      '-c',
      'while read x; do echo "<$x>"; done',
    );
    await place.ok('wait', '--for=condition=Ready', 'pod/echoes');
    const attached = place.start(['attach', '-i', 'echoes']);
    attached.type('a\n');
    await attached.sees(/<a>\n/);
    await place.ok('delete', 'pod', 'echoes', '--now');
    await attached.ended;
  });

  test('a container for looking is put into a pod: debug', async () => {
    const debug = await place.run([
      'debug',
      'web',
      '--image=busybox',
      '-c',
      'look',
      '-i',
      '--quiet',
      '--',
      'wget',
      '-qO-',
      'http://localhost',
    ]);
    expect(debug.stdout).toMatch(/Welcome to nginx!/);
    expect(await place.ok('get', 'pod', 'web', '-o', 'jsonpath={.spec.ephemeralContainers[*].name}')).toBe('look');
    expect(await place.ok('logs', 'web', '-c', 'look')).toMatch(/Welcome to nginx!/);
  });

  test('a copy of a pod, and a pod on a node: debug', async () => {
    await place.ok('debug', 'box', '--copy-to=box-copy', '--set-image=*=busybox:1.36', '--attach=false');
    await place.ok('wait', '--for=condition=Ready', 'pod/box-copy', '--timeout=60s');
    expect(await place.ok('get', 'pod', 'box-copy', '-o', 'jsonpath={.spec.containers[0].image}')).toBe('busybox:1.36');
    const onNode = await place.run(['debug', `node/${node}`, '--image=busybox', '-i', '--quiet', '--', 'cat', '/host/etc/os-release']);
    expect(onNode.stdout).toMatch(/^ID=ubuntu$/m);
  });
});
