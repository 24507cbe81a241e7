// What a real cluster answered to real kubectl, and what is answered here. The recordings are of Kubernetes 1.32, and of its kubectl.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accept, recorded, replay } from './golden/replay.ts';
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
    const answers = await replay(folder);
    // GOLDEN_ACCEPT=1 makes what is answered now what is expected: read the diff, and say in CHANGES.md why 1.36 answers otherwise.
    if (process.env['GOLDEN_ACCEPT']) accept(folder, answers);
    expect(answers).toEqual(recorded(folder));
  });
});
