import { describe, expect, it } from 'vitest';
import { Course } from '../../../worker/cluster/course.ts';
import type { CourseParts } from '../../../worker/cluster/course.ts';
import type { Loop } from '../../../worker/cluster/loop.ts';
import { IndexedStore } from '../../../worker/store/indexed-store.ts';
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

describe('much to do', () => {
  /** A course of `keys` keys, each of which takes a millisecond by a clock that `runs` while one works. */
  function workOn(keys: number, runs: boolean, parts: Partial<CourseParts> = {}): { slices: number[]; saves: number[] } {
    let [left, now] = [keys, 1_000_000];
    const [slices, saves]: [number[], number[]] = [[], []];
    const loop: Pick<Loop, 'run' | 'isQuiet'> = {
      get isQuiet() {
        return left === 0;
      },
      run(budget, isTimeUp = () => false) {
        const before = left;
        for (let at = 0; at < budget && left > 0 && (at === 0 || !isTimeUp()); at++) {
          left--;
          if (runs) now++;
        }
        slices.push(before - left);
        return left === 0;
      },
    };
    const { state } = new IndexedStore(new MemoryBackend());
    const course = new Course({
      state,
      timers: { next: () => Infinity },
      speed: 1,
      bootMs: 0,
      slice: 200,
      worldNow: () => now,
      pause: () => Promise.resolve(),
      loop: () => loop as Loop,
      hasTools: () => false,
      runTool: () => Promise.resolve(),
      commit: () => saves.push(keys - left),
      passUnseen: () => false,
      ...parts,
    });
    while (course.drain());
    return { slices, saves };
  }

  it('is done in slices that time cuts short, and saved five slices at a time, and at its end', () => {
    const { slices, saves } = workOn(250, true);
    expect(slices).toEqual([...Array<number>(12).fill(20), 10]);
    expect(saves).toEqual([100, 200, 250]);
  });

  it('is saved after each slice where time stands still meanwhile', () => {
    const { slices, saves } = workOn(450, false);
    expect(slices).toEqual([200, 200, 50]);
    expect(saves).toEqual([200, 400, 450]);
  });

  it('is saved after each slice while a program waits for its tool', () => {
    expect(workOn(50, true, { hasTools: () => true }).saves).toEqual([20, 40, 50]);
  });
});
