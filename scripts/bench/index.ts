// Measures an API server: Kubarium's, or any other that a kubeconfig leads to, so that the two can be compared.
//
//     npm run bench                                  starts a server of its own, and measures it
//     npm run bench -- --kubeconfig FILE             measures that one
//     npm run bench -- --only create,list            some parts only
//
// Prints each figure beside that of a real 1.32 API server with etcd on two cores, and stores them in .bench/<time>.json.

import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connect } from './client.ts';
import { parts } from './parts.ts';
import { startServer } from './server.ts';

const { values } = parseArgs({ options: { kubeconfig: { type: 'string' }, only: { type: 'string' } } });
const own = values.kubeconfig ? undefined : await startServer();
const kubeconfig = values.kubeconfig ?? (await own!.newSandbox({ template: 'bare', nodes: 100, speed: 'instant' }));
const kube = connect(kubeconfig);
const results: Record<string, number> = {};

try {
  for (const part of parts) {
    if (values.only && !values.only.split(',').includes(part.name)) continue;
    if (part.ownOnly && !own) continue;
    for (const { label, value, unit, real, isRate } of await part.run({ kube, own })) {
      results[label] = value;
      const ratio =
        real === undefined ? '' : `   real: ${format(real)} ${unit}, ${(isRate ? value / real : real / value).toFixed(1)}× as fast`;
      console.log(`${label.padEnd(52)} ${format(value).padStart(9)} ${unit}${ratio}`);
    }
  }
} finally {
  kube.close();
  await own?.stop();
}

mkdirSync('.bench', { recursive: true });
writeFileSync(`.bench/${new Date().toISOString().replaceAll(':', '-')}.json`, `${JSON.stringify(results, null, 2)}\n`);

function format(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
