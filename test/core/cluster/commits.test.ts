import { describe, expect, it } from 'vitest';
import { MemoryBackend } from '../../../worker/store/memory.ts';
import type { Batch } from '../../../worker/store/store.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster, TestOptions } from '../harness.ts';

/** A backend that counts what it is given: each time, on a disk, is a wait for it. */
class CountingBackend extends MemoryBackend {
  readonly batches: Batch[] = [];
  override write(batch: Batch): void {
    this.batches.push(batch);
    super.write(batch);
  }
}

function quietCluster(options: TestOptions = {}): TestCluster & { batches: Batch[] } {
  const backend = new CountingBackend();
  const cluster = makeTestCluster({ speed: 'instant', backend, ...options });
  cluster.settle();
  backend.batches.length = 0;
  return { ...cluster, batches: backend.batches };
}

const create = ({ request }: TestCluster, name: string): Promise<{ status: number }> =>
  request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name } });

describe('what is saved, and when', () => {
  it('saves a write of which nothing comes once', async () => {
    const cluster = quietCluster();
    await create(cluster, 'a');
    cluster.settle();
    expect(cluster.batches).toHaveLength(1);
  });

  it('saves nothing for a read', async () => {
    const cluster = quietCluster();
    await cluster.request('GET', '/api/v1/namespaces/default/configmaps');
    cluster.settle();
    expect(cluster.batches).toEqual([]);
  });

  it('saves together what comes together, and answers nobody before that', async () => {
    const cluster = quietCluster({ isBusy: true });
    const names = Array.from({ length: 20 }, (_, n) => `c${n}`);
    let answered = 0;
    const answers = names.map((name) =>
      create(cluster, name).then((answer) => {
        expect(cluster.batches).toHaveLength(1);
        answered++;
        return answer;
      }),
    );
    expect([answered, cluster.batches.length]).toEqual([0, 0]);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(names.map(() => 201));
    expect(cluster.batches.map(({ log }) => log.length)).toEqual([20]);
  });

  it('looks again at changes that nobody acted on, after an eviction, and nothing comes of it', async () => {
    const cluster = quietCluster();
    await create(cluster, 'a');
    cluster.settle();
    const again = makeTestCluster({ speed: 'instant', backend: cluster.backend });
    again.settle();
    expect(again.log()).toBe(cluster.log());
    expect(again.cluster.loop.isQuiet).toBe(true);
  });
});
