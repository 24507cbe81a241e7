// Replays a recorded case in a sandbox of its own.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makePlace } from '../kubectl.ts';
import type { Place } from '../kubectl.ts';
import { parseCase } from './case.ts';
import type { CommandStep } from './case.ts';
import { applyFilters, makeNormaliser } from './normalise.ts';

const NAMESPACE = 'goldena';
const RETRY_MS = 200;

/** What was recorded of each compared step. */
export const recorded = (folder: string): string[] =>
  readdirSync(join(folder, 'expected'))
    .sort()
    .map((name) => readFileSync(join(folder, 'expected', name), 'utf8'));

/** Writes answers over what was recorded. */
export function accept(folder: string, answers: readonly string[]): void {
  const names = readdirSync(join(folder, 'expected')).sort();
  for (const [i, answer] of answers.entries()) writeFileSync(join(folder, 'expected', names[i]!), answer);
}

/** What is answered to each compared step now. */
export async function replay(folder: string): Promise<string[]> {
  const source = readFileSync(join(folder, 'case.txt'), 'utf8');
  const steps = parseCase(source.replaceAll('<NS>', NAMESPACE));
  const place = await makePlace();
  const run = ({ args, env, stdin }: Pick<CommandStep, 'args' | 'env' | 'stdin'>) =>
    place.run(['--namespace', NAMESPACE, ...args], { env, stdin });
  const results: string[] = [];
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'case.txt')
        writeFileSync(join(place.folder, entry.name), readFileSync(join(folder, entry.name), 'utf8').replaceAll('<NS>', NAMESPACE));
    const normalise = makeNormaliser({ namespace: NAMESPACE, source, ...(await lookAt(place)) });
    await place.ok('create', 'namespace', NAMESPACE);
    await place.ok('wait', '--for=create', `--namespace=${NAMESPACE}`, 'cm/kube-root-ca.crt', 'sa/default');
    for (const step of steps) {
      if (step.kind === 'file') writeFileSync(join(place.folder, step.name), step.body);
      else if (step.kind === 'sleep') await pause(step.seconds * 1000);
      else if (step.kind === 'do') await run(step);
      else if (step.kind === 'until') {
        const end = Date.now() + step.seconds * 1000;
        while (!step.pattern.test((await run(step)).stdout.trimEnd())) {
          if (Date.now() > end) {
            results.push(`${normalise(step.line)}\n--- timed out\n`);
            break;
          }
          await pause(RETRY_MS);
        }
      } else if (step.kind === 'compare') {
        const { code, stdout, stderr } = await run(step);
        const clean = (text: string): string =>
          applyFilters(normalise(text.replaceAll(place.folder, '<DIR>')), step.filters).replace(/([^\n])$/, '$1\n');
        const line = step.line.replaceAll(NAMESPACE, '<NS>');
        results.push(`${line}\n--- exit ${code}\n--- stdout\n${clean(stdout)}--- stderr\n${clean(stderr)}`);
      }
    }
  } finally {
    await place.leave();
  }
  return results;
}

async function lookAt(place: Place): Promise<{ nodes: string[]; servers: string[] }> {
  const nodes = await place.ok('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}');
  const server = (await place.ok('config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}')).trim();
  return { nodes: nodes.split(/\s+/).filter(Boolean), servers: [server, server.replace(/^\w+:\/\//, '')] };
}
