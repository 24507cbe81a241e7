// The layer table of ARCHITECTURE.md, held. Each room may import only what the table says; and below cluster/ nobody asks the platform for time or chance.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../worker');

const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  api: ['lib'],
  store: ['lib'],
  world: ['lib', 'api'],
  server: ['lib', 'api'],
  resources: ['lib', 'api'],
  registry: ['lib', 'api', 'store'],
  admission: ['lib', 'api', 'resources'],
  controllers: ['lib', 'api', 'resources'],
  scheduler: ['lib', 'api', 'resources'],
  agents: ['lib', 'api', 'resources', 'world'],
  front: ['lib'],
  cluster: ['lib', 'api', 'store', 'world', 'server', 'resources', 'registry', 'admission', 'controllers', 'scheduler', 'agents'],
  'index.ts': ['front', 'cluster'],
};

const PLATFORM_ROOMS = new Set(['front', 'index.ts', 'cluster']);
const AMBIENT = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bcrypto\.|\bsetTimeout\(|\bsetInterval\(|\bperformance\./;

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));

const roomOf = (path: string): string => path.split('/')[0]!;

/** `kept` of comments: none, so that a word in prose is not a call. */
const codeOf = (file: string): string =>
  readFileSync(join(ROOT, file), 'utf8')
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '');

describe('layers', () => {
  test.each(files)('%s', (file) => {
    const room = roomOf(file);
    const code = codeOf(file);
    const imported = [...code.matchAll(/(?:from|import)\s+'(\.[^']+)'/g)].map(([, path]) =>
      roomOf(relative(ROOT, join(dirname(join(ROOT, file)), path!))),
    );
    const forbidden = [...new Set(imported)].filter((other) => other !== room && !MAY_IMPORT[room]!.includes(other));
    expect(forbidden, `${room}/ may import ${MAY_IMPORT[room]!.join(', ') || 'nothing'}`).toEqual([]);
    expect(
      imported.filter((other) => other === '..'),
      'imports stay inside worker/',
    ).toEqual([]);
    if (!PLATFORM_ROOMS.has(room)) expect(AMBIENT.exec(code)?.[0], 'time and chance come from the host').toBeUndefined();
  });
});
