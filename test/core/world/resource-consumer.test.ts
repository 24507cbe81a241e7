// resource-consumer: what it is told to use is used, for as long; and the controller before it, which spreads work.

import { describe, expect, test } from 'vitest';
import { cpuUsedUntil, memoryOf } from '../../../worker/world/runtime/usage.ts';
import { Lab } from './lab.ts';

const IMAGE = 'registry.k8s.io/e2e-test-images/resource-consumer:1.13';
const AGNHOST = 'registry.k8s.io/e2e-test-images/agnhost:2.53';
const MI = 2 ** 20;

function start(): { lab: Lab; ip: string; container: string; ask(command: string): string } {
  const lab = new Lab();
  const { ip, container } = lab.run({ name: 'app', image: IMAGE });
  const client = lab.run({ name: 'client', image: AGNHOST, args: ['pause'] }).container;
  lab.evicts = true;
  const ask = (command: string): string => {
    const session = lab.exec(client, ['sh', '-c', command.replaceAll('IP', ip)]);
    lab.advance(1000);
    const { stdout, stderr } = lab.sessions.get(session)!;
    return stdout + stderr;
  };
  return { lab, ip, container, ask };
}

describe('answers', () => {
  test.each([
    ['curl -s -d millicores=100 -d durationSec=30 IP:8080/ConsumeCPU', 'ConsumeCPU\n100 millicores\n30 durationSec\n'],
    ["curl -s -X POST 'IP:8080/ConsumeMem?megabytes=10&durationSec=3'", 'ConsumeMem\n10 megabytes\n3 durationSec\n'],
    ['curl -s -X POST IP:8080/GetCurrentStatus', 'Warning: not implemented!\nGetCurrentStatus'],
    ["curl -s IP:8080/ConsumeCPU -w '%{http_code}'", 'Bad request. Not a POST request\n400'],
    ["curl -s -X POST IP:8080/ConsumeCPU -w '%{http_code}'", 'not given function argument\n400'],
    ["curl -s -d millicores=x -d durationSec=3 IP:8080/ConsumeCPU -w '%{http_code}'", 'incorrect function argument\n400'],
    ["curl -s -X POST IP:8080/Nope -w '%{http_code}'", 'unknown function: /Nope\n404'],
    [
      'curl -s -d metric=QPS -d delta=10 -d durationSec=1 IP:8080/BumpMetric; curl -s IP:8080/metrics',
      'BumpMetric\nQPS metric\n10 delta\n1 durationSec\n# HELP QPS info message.\n# TYPE QPS gauge\nQPS 10.000000\n',
    ],
  ])('%s', (command, want) => {
    expect(start().ask(command)).toBe(want);
  });

  test('a metric that was bumped stays, with what is left of it', () => {
    const { lab, ask } = start();
    ask(
      'curl -s -d metric=QPS -d delta=10 -d durationSec=2 IP:8080/BumpMetric; curl -s -d metric=QPS -d delta=5 -d durationSec=9 IP:8080/BumpMetric',
    );
    expect(ask('curl -s IP:8080/metrics | tail -n 1')).toBe('QPS 15.000000\n');
    lab.advance(3000);
    expect(ask('curl -s IP:8080/metrics | tail -n 1')).toBe('QPS 5.000000\n');
    lab.advance(9000);
    expect(ask('curl -s IP:8080/metrics | tail -n 1')).toBe('QPS 0.000000\n');
  });
});

describe('uses', () => {
  const cpu = ({ lab, container }: ReturnType<typeof start>): number => {
    const { sandbox, container: found } = lab.find(container);
    return Math.round(cpuUsedUntil(lab.world, sandbox, found, lab.now));
  };
  const limit = ({ lab, container }: ReturnType<typeof start>, limits: { cpu: number; memory: number }): void => {
    const { sandbox, container: found } = lab.find(container);
    Object.assign(found, { limits });
    lab.world.sandboxes.put(sandbox.id, sandbox);
  };

  test('CPU, for as long', () => {
    const one = start();
    one.ask('curl -s -d millicores=100 -d durationSec=30 IP:8080/ConsumeCPU');
    one.lab.advance(9000);
    expect(cpu(one)).toBe(1000);
    one.lab.advance(60_000);
    expect(cpu(one)).toBe(3000);
    // What is long over is summed up.
    one.lab.advance(600_000);
    one.ask('curl -s -d millicores=200 -d durationSec=10 IP:8080/ConsumeCPU');
    one.lab.advance(60_000);
    expect(cpu(one)).toBe(5000);
  });

  test('CPU within its limit, however much it is told', () => {
    const one = start();
    limit(one, { cpu: 150, memory: 0 });
    one.ask('for i in 1 2; do curl -s -d millicores=100 -d durationSec=10 IP:8080/ConsumeCPU; done');
    one.lab.advance(60_000);
    expect(cpu(one)).toBe(1500);
  });

  test('memory, for as long', () => {
    const { lab, container, ask } = start();
    const held = (): number => {
      const { sandbox, container: found } = lab.find(container);
      return memoryOf(lab.world, sandbox, found) / MI;
    };
    ask('curl -s -d megabytes=100 -d durationSec=30 IP:8080/ConsumeMem; curl -s -d megabytes=50 -d durationSec=5 IP:8080/ConsumeMem');
    expect(held()).toBe(156);
    lab.advance(10_000);
    expect(held()).toBe(106);
    lab.advance(30_000);
    expect(held()).toBe(6);
  });

  test('no more memory than it may', () => {
    const one = start();
    limit(one, { cpu: 0, memory: 64 * MI });
    one.ask('curl -s -d megabytes=100 -d durationSec=30 IP:8080/ConsumeMem');
    expect(one.lab.find(one.container).container).toMatchObject({ state: 'exited', exitCode: 137, reason: 'OOMKilled' });
  });
});

describe('its controller', () => {
  test.each([
    [
      '/ConsumeCPU?millicores=250&durationSec=30&requestSizeMillicores=100',
      'RC manager: sending 2 requests to consume 100 millicores each and 1 request to consume 50 millicores\nConsumed 100 millicores\nConsumed 100 millicores\nConsumed 50 millicores\n',
      [100, 100, 50].map((cpu) => `ConsumeCPU millicores: ${cpu}, durationSec: 30\n`),
    ],
    [
      '/ConsumeMem?megabytes=100&durationSec=30&requestSizeMegabytes=100',
      'RC manager: sending 1 requests to consume 100 MB each and 1 request to consume 0 MB\nConsumed 100 megabytes\n',
      ['ConsumeMem megabytes: 100, durationSec: 30\n'],
    ],
    [
      '/BumpMetric?metric=QPS&delta=15&durationSec=30&requestSizeMetrics=10',
      'RC manager: sending 1 requests to bump custom metric by 10 each and 1 request to bump by 5\nBumped metric QPS by 10\nBumped metric QPS by 5\n',
      [],
    ],
    ['/ConsumeCPU?millicores=250&durationSec=30', 'not given function argument\n', []],
    ['/ConsumeCPU?millicores=250&durationSec=30&requestSizeMillicores=0', 'incorrect function argument\n', []],
    ['/Nope', 'unknown function\n', []],
  ])('%s', (path, want, consumed) => {
    const { lab, container, ask } = start();
    const run =
      'echo IP app.default.svc.cluster.local >> /etc/hosts; /agnhost resource-consumer-controller --port=81 --consumer-service-name=app & sleep 0.1';
    expect(ask(`${run}; curl -s -X POST '127.0.0.1:81${path}'`)).toBe(want);
    expect(lab.log(container).replaceAll(/^\S+ \S+ /gm, '')).toBe(consumed.join(''));
  });
});
