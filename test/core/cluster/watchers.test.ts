import { describe, expect, test } from 'vitest';
import type { Sink, StreamReply } from '../../../worker/server/http.ts';
import { Query } from '../../../worker/server/http.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { ADMIN_TOKEN, makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { CRDS, crdOf, install, MERGE, widget, WIDGETS } from '../resources/custom/crds.ts';

interface Seen {
  type: string;
  object: {
    kind: string;
    code?: number;
    reason?: string;
    metadata: { name?: string; resourceVersion: string; annotations?: object };
    data?: Record<string, string>;
  };
}

/** A client at the other end of a watch, which may read slowly. */
class Reader implements Sink {
  text = '';
  isOpen = true;
  isReady = true;
  #wake: (() => void) | undefined;
  write(chunk: string | Uint8Array): void {
    this.text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
  }
  close(): void {
    this.isOpen = false;
  }
  onDrain(wake: () => void): void {
    this.#wake = wake;
  }
  resume(): void {
    this.isReady = true;
    this.#wake?.();
  }
  get events(): Seen[] {
    return this.text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Seen);
  }
  get short(): string[] {
    return this.events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
  }
}

const PATH = '/api/v1/namespaces/default/configmaps';

async function open(cluster: TestCluster, query: string, reader = new Reader(), path = PATH): Promise<Reader & { stop(): void }> {
  const headers = new Map([['authorization', `Bearer ${ADMIN_TOKEN}`]]);
  const reply = await cluster.cluster.handle({
    method: 'GET',
    path,
    query: new Query(`watch=1&${query}`),
    headers: { get: (name) => headers.get(name) ?? null, keys: () => headers.keys() },
    body: new Uint8Array(),
  });
  if (!('open' in reply)) throw new Error(String((reply as { body: unknown }).body));
  const stop = (reply as StreamReply).open(reader);
  return Object.assign(reader, { stop });
}

const write = ({ api, save }: TestCluster, name: string, labels: Record<string, string> = {}, namespace = 'default'): void => {
  const old = api.get(configMaps, namespace, name);
  if (old) api.update(configMaps, { ...old, metadata: { ...old.metadata, labels } });
  else api.create(configMaps, { metadata: { name, namespace, labels } });
  save();
};
const remove = ({ api, save }: TestCluster, name: string): void => {
  api.delete(configMaps, 'default', name);
  save();
};

describe('a watch', () => {
  test('without a revision begins with what there is', async () => {
    const cluster = makeTestCluster({ alone: true });
    write(cluster, 'a');
    const reader = await open(cluster, '');
    write(cluster, 'b');
    write(cluster, 'a', { x: 'y' });
    remove(cluster, 'b');
    expect(reader.short).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    const [, added, , deleted] = reader.events;
    expect(Number(deleted!.object.metadata.resourceVersion)).toBeGreaterThan(Number(added!.object.metadata.resourceVersion));
  });

  test('from a revision begins after it', async () => {
    const cluster = makeTestCluster({ alone: true });
    write(cluster, 'a');
    const { revision } = cluster.cluster.registry;
    write(cluster, 'b');
    const reader = await open(cluster, `resourceVersion=${revision}`);
    expect(reader.short).toEqual(['ADDED b']);
  });

  test('sees only its namespace and its kind', async () => {
    const cluster = makeTestCluster({ alone: true });
    const reader = await open(cluster, '');
    write(cluster, 'elsewhere', {}, 'kube-system');
    cluster.settle();
    write(cluster, 'here');
    expect(reader.short).toEqual(['ADDED here']);
  });

  test('with a selector sees objects enter and leave it', async () => {
    const cluster = makeTestCluster({ alone: true });
    const reader = await open(cluster, 'labelSelector=app%3Dweb');
    write(cluster, 'a', { app: 'db' });
    write(cluster, 'a', { app: 'web', n: '1' });
    write(cluster, 'a', { app: 'web', n: '2' });
    write(cluster, 'a', { app: 'db' });
    write(cluster, 'b', { app: 'web' });
    remove(cluster, 'a');
    remove(cluster, 'b');
    expect(reader.short).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED b', 'DELETED b']);
    const left = reader.events[2]!.object;
    expect(left.metadata).toMatchObject({ labels: { app: 'web', n: '2' } });
    expect(Number(left.metadata.resourceVersion)).toBeGreaterThan(Number(reader.events[1]!.object.metadata.resourceVersion));
  });

  test('with a field selector', async () => {
    const cluster = makeTestCluster({ alone: true });
    const reader = await open(cluster, 'fieldSelector=metadata.name%3Db');
    for (const name of ['a', 'b', 'c']) write(cluster, name);
    expect(reader.short).toEqual(['ADDED b']);
  });

  test('as a streaming list marks where the list ends', async () => {
    const cluster = makeTestCluster({ alone: true });
    write(cluster, 'a');
    const reader = await open(cluster, 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
    expect(reader.events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(reader.events[1]!.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    write(cluster, 'b');
    expect(reader.short.at(-1)).toBe('ADDED b');
  });

  test('gets bookmarks when nothing happens, and ends at its timeout', async () => {
    const cluster = makeTestCluster({ alone: true });
    const reader = await open(cluster, 'allowWatchBookmarks=true&timeoutSeconds=150');
    // The first one marks the end of what there was: a watch from the beginning asks for it by default.
    expect(reader.events.map(({ object }) => object.metadata.annotations)).toEqual([{ 'k8s.io/initial-events-end': 'true' }]);
    cluster.advance(149_000);
    expect(reader.events.map(({ type }) => type)).toEqual(['BOOKMARK', 'BOOKMARK', 'BOOKMARK']);
    expect(reader.isOpen).toBe(true);
    cluster.advance(1000);
    expect(reader.isOpen).toBe(false);
    expect(cluster.cluster.watchers.count).toBe(0);
  });

  test('that is stopped hears nothing more', async () => {
    const cluster = makeTestCluster({ alone: true });
    const reader = await open(cluster, '');
    reader.stop();
    write(cluster, 'a');
    expect(reader.short).toEqual([]);
    expect(cluster.cluster.watchers.count).toBe(0);
  });

  test('that reads slowly only falls behind, and misses nothing', async () => {
    const cluster = makeTestCluster({ alone: true });
    const [slow, fast] = [await open(cluster, ''), await open(cluster, '')];
    slow.isReady = false;
    for (let n = 0; n < 300; n++) write(cluster, `c${n % 7}`, { n: String(n) });
    expect([slow.short.length, fast.short.length]).toEqual([0, 300]);
    slow.resume();
    expect(slow.text).toBe(fast.text);
    write(cluster, 'last');
    expect(slow.text).toBe(fast.text);
  });

  test('whose place in the log is gone is told so', async () => {
    const cluster = makeTestCluster({ alone: true });
    write(cluster, 'a');
    const { revision } = cluster.cluster.registry;
    const slow = await open(cluster, `resourceVersion=${revision}`);
    slow.isReady = false;
    write(cluster, 'b');
    cluster.store.compact(cluster.cluster.registry.revision);
    write(cluster, 'c');
    slow.resume();
    expect(slow.events).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
    expect(slow.isOpen).toBe(false);
    const late = await open(cluster, `resourceVersion=${revision - 1}`);
    expect(late.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
  });

  test('of many is encoded once', async () => {
    const cluster = makeTestCluster({ alone: true });
    const readers = await Promise.all(Array.from({ length: 50 }, () => open(cluster, '')));
    const chunks = new Set<unknown>();
    for (const reader of readers) {
      const { write: original } = reader;
      reader.write = (chunk) => {
        chunks.add(chunk);
        original.call(reader, chunk);
      };
    }
    write(cluster, 'a');
    expect(readers.every((reader) => reader.short.length === 1)).toBe(true);
    expect(chunks.size).toBe(1);
  });
});

describe('a watch of custom resources', () => {
  const crdWith = (more: object = {}, kept: object = {}): object => crdOf({ spec: { type: 'object', ...kept } }, more);
  const begin = async (): Promise<{ cluster: TestCluster; reader: Reader }> => {
    const cluster = makeTestCluster({ nodes: 0 });
    await install(cluster, crdWith());
    const reader = await open(cluster, 'resourceVersion=0', new Reader(), WIDGETS);
    await cluster.request('POST', WIDGETS, widget());
    return { cluster, reader };
  };
  const change = async (cluster: TestCluster, patch: object): Promise<void> => {
    expect((await cluster.request('PATCH', `${CRDS}/widgets.example.com`, patch, MERGE)).status).toBe(200);
  };

  test('goes on while its CRD says the same', async () => {
    const { cluster, reader } = await begin();
    await change(cluster, { metadata: { labels: { a: 'b' } } });
    expect([reader.isOpen, reader.short]).toEqual([true, ['ADDED a']]);
  });

  test.each([
    ['names', { spec: { names: { shortNames: ['w'] } } }],
    ['schema', { spec: { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] } }],
  ])('ends when its CRD changes its %s', async (_name, patch) => {
    const { cluster, reader } = await begin();
    await change(cluster, patch);
    cluster.settle();
    expect([reader.isOpen, reader.short]).toEqual([false, ['ADDED a']]);
    expect((await cluster.request('GET', WIDGETS)).status).toBe(200);
  });

  test('ends when its version is not served any more', async () => {
    const { cluster, reader } = await begin();
    const schema = { openAPIV3Schema: { type: 'object' } };
    const versions = [
      { name: 'v1', served: false, storage: true, schema },
      { name: 'v2', served: true, storage: false, schema },
    ];
    await change(cluster, { spec: { versions } });
    cluster.settle();
    expect(reader.isOpen).toBe(false);
    expect((await cluster.request('GET', WIDGETS)).status).toBe(404);
  });

  test('ends when its CRD goes, after its objects', async () => {
    const { cluster, reader } = await begin();
    await cluster.request('DELETE', `${CRDS}/widgets.example.com`);
    cluster.advance(10_000);
    expect([reader.isOpen, reader.short]).toEqual([false, ['ADDED a', 'DELETED a']]);
    expect((await cluster.request('GET', WIDGETS)).status).toBe(404);
  });
});
