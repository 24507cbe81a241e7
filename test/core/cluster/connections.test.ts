import { expect, test } from 'vitest';
import { Connections } from '../../../worker/cluster/connections.ts';

test('connections end by the way they came, once each', () => {
  const connections = new Connections();
  const ended: string[] = [];
  const leave = connections.add('link/1', () => ended.push('a'));
  connections.add('link/1', () => ended.push('b'));
  connections.add('kubeconfig', () => ended.push('c'));
  expect(connections.count).toBe(3);
  leave();
  connections.end('link/1');
  expect([ended, connections.count]).toEqual([['b'], 1]);
  leave();
  connections.end();
  connections.end();
  expect([ended, connections.count]).toEqual([['b', 'c'], 0]);
});
