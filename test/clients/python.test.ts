// A day's work with the Python client of the system's packages (python3-kubernetes).

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';

/** The system's own; another may stand before it in the path. */
const python = ['python3', '/usr/bin/python3'].find((path) => spawnSync(path, ['-c', 'import kubernetes']).status === 0);
if (!python && process.env['CI']) throw new Error('there is no python3-kubernetes on this machine');

test.skipIf(!python)('a day', async () => {
  const made = await fetch(`${inject('server')}/api/v1/sandboxes`, {
    method: 'POST',
    headers: { accept: 'application/yaml', 'content-type': 'application/json' },
    body: JSON.stringify({ template: 'bare', nodes: 2, speed: 'instant' }),
  });
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-python-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, await made.text());
    const said = execFileSync(python!, [join(import.meta.dirname, 'day.py'), kubeconfig], { encoding: 'utf8', timeout: 60_000 });
    expect(JSON.parse(said)).toEqual({
      nodes: 2,
      running: 2,
      replicas: 3,
      data: { colour: 'blue', size: 'big' },
      missing: 404,
      left: [],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
