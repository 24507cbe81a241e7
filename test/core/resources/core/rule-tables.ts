// Tables of rules, one file a topic, in rules/<kind>/. A row is what is set in an object that is well, and everything that is said of it then:
//
//     spec.containers.0.image = ""                          a path and JSON; `-` takes a field away; `.` changes nothing
//       spec.containers[0].image: Required value            nothing: the object is well
//
//     was spec.activeDeadlineSeconds = 10                   of an update: how the object was before (it is also how it is, unless set)
//     spec.activeDeadlineSeconds = 20
//       spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value
//
// Long sentences are short here: `<label>`, `<subdomain>`, `<label value>`, `<name>` (given.ts); `<x*64>` is 64 times x. Lines with # are remarks.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Changes } from './given.ts';

export interface RuleRow {
  readonly title: string;
  readonly was: Changes;
  readonly changes: Changes;
  readonly want: readonly string[];
}

const ROOT = join(import.meta.dirname, 'rules');

/** Runs every table of a folder. `problemsOf` answers what is said. */
export function describeRules(folder: string, problemsOf: (row: RuleRow) => readonly string[], only: RegExp = /./): void {
  const files = readdirSync(join(ROOT, folder)).filter((name) => only.test(name));
  expect(files.length, `tables in ${folder}`).toBeGreaterThan(0);
  for (const file of files) {
    describe(`${folder}/${file.replace('.txt', '')}`, () => {
      test.each(readTable(readFileSync(join(ROOT, folder, file), 'utf8')))('$title', (row) => {
        expect(problemsOf(row)).toEqual(row.want);
      });
    });
  }
}

function readTable(text: string): RuleRow[] {
  const expanded = text.replace(/<(.)\*(\d+)>/g, (_all, char: string, count) => char.repeat(Number(count)));
  return expanded
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/)
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .filter((lines) => lines.length)
    .map((lines) => {
      const given = lines.filter((line) => !line.startsWith('  '));
      const was = given.filter((line) => line.startsWith('was ')).map((line) => line.slice(4));
      const now = given.filter((line) => !line.startsWith('was '));
      // A message may hold line breaks: `\n`.
      const want = lines.filter((line) => line.startsWith('  ')).map((line) => line.slice(2).replaceAll('\\n', '\n'));
      return { title: given.join('; ').slice(0, 150), was: changesOf(was), changes: changesOf([...was, ...now]), want };
    });
}

function changesOf(lines: readonly string[]): Changes {
  const changes: Record<string, unknown> = {};
  for (const line of lines) {
    if (line === '.') continue;
    const match = /^(\S+) (?:-|= (.*))$/.exec(line);
    if (!match) throw new Error(`not a change: ${line}`);
    changes[match[1]!] = match[2] === undefined ? undefined : (JSON.parse(match[2]) as unknown);
  }
  return changes;
}
