// What a real cluster answered to real kubectl, and what is answered here. The recordings are of Kubernetes 1.32, and of its kubectl.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recorded, replay } from './golden/replay.ts';
import { kubectl } from './kubectl.ts';

const GOLDEN = join(import.meta.dirname, '../golden');
const RECORDED_WITH = '1.32';

const cases = readdirSync(GOLDEN, { withFileTypes: true })
  .filter((area) => area.isDirectory())
  .flatMap((area) => readdirSync(join(GOLDEN, area.name)).map((name) => `${area.name}/${name}`))
  .filter((name) => existsSync(join(GOLDEN, name, 'case.txt')))
  .sort();

describe.skipIf(kubectl?.version !== RECORDED_WITH)(`with kubectl ${RECORDED_WITH}`, () => {
  test.concurrent.each(cases)('%s', async (name) => {
    const folder = join(GOLDEN, name);
    expect(await replay(folder)).toEqual(recorded(folder));
  });
});
