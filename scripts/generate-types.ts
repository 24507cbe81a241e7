// Makes the TypeScript types of every built-in kind from the tables in worker/resources/schema, so that the code that handles them is checked.
// Usage: node scripts/generate-types.ts          (part of `npm run generate`)

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTypes } from '../worker/api/schema.ts';
import type { Field, StructType, Type } from '../worker/api/schema.ts';
import { packages } from '../worker/resources/schema/index.ts';

const OUT = join(import.meta.dirname, '../worker/api/gen');
const lookup = parseTypes(packages);
const SCALARS: Record<string, string> = {
  bool: 'boolean',
  int32: 'number',
  int64: 'number',
  uint32: 'number',
  float64: 'number',
  IntOrString: 'number | string',
  RawExtension: 'Record<string, unknown>',
  FieldsV1: 'Record<string, unknown>',
  any: 'unknown',
};

mkdirSync(OUT, { recursive: true });
for (const [pkg, text] of Object.entries(packages)) writeFileSync(join(OUT, `${pkg.replace('.', '-')}.ts`), renderPackage(pkg, text));

function renderPackage(pkg: string, text: string): string {
  const names = [...text.matchAll(/^(\S+)/gm)].map((match) => match[1]!);
  const imports = new Map<string, Set<string>>();
  const groupVersion = pkg.startsWith('core.') ? 'v1' : '';
  const bodies = names.map((name) => renderType(pkg, lookup(`${pkg}.${name}`), imports, groupVersion)).join('\n');
  const object = [...(imports.get('object') ?? [])].sort();
  imports.delete('object');
  const lines = [
    '// Made by scripts/generate-types.ts from worker/resources/schema. Do not edit.',
    '',
    ...(object.length ? [`import type { ${object.join(', ')} } from '../object.ts';`] : []),
    ...[...imports].sort().map(([from, types]) => `import type { ${[...types].sort().join(', ')} } from './${from.replace('.', '-')}.ts';`),
    '',
  ];
  return `${lines.join('\n')}\n${bodies}`.replace('\n\n\n', '\n\n');
}

function renderType(pkg: string, type: StructType, imports: Map<string, Set<string>>, _groupVersion: string): string {
  const name = type.name.slice(pkg.length + 1);
  const metadata = type.fields.get('metadata');
  const isKind =
    metadata?.number === 1 &&
    metadata.type.kind === 'struct' &&
    metadata.type.name === 'meta.v1.ObjectMeta' &&
    name !== 'PodTemplateSpec' &&
    !name.endsWith('TemplateSpec') &&
    name !== 'PersistentVolumeClaimTemplate';
  if (isKind) use(imports, 'object', 'KubeObject');
  const rows = [...type.fields.values()]
    .filter((field) => !(isKind && ['apiVersion', 'kind', 'metadata'].includes(field.name)))
    .map((field) => `  ${renderField(pkg, field, imports)}`);
  return `export interface ${name}${isKind ? ' extends KubeObject' : ''} {\n${rows.join('\n')}${rows.length ? '\n' : ''}}\n`;
}

/** A field that Go always writes is always there; one that may be nil is null then. */
function renderField(pkg: string, field: Field, imports: Map<string, Set<string>>): string {
  const isStruct = field.type.kind === 'struct' && !field.pointer;
  const always = field.omit === 'never' || (isStruct && field.omit === 'empty');
  const nullable = field.omit === 'never' && field.optional && ['list', 'map', 'bytes'].includes(field.type.kind);
  const time = !field.pointer && ['Time', 'MicroTime'].includes(field.type.kind) && field.omit !== 'zero';
  const name = /^[A-Za-z_$][\w$]*$/.test(field.name) ? field.name : JSON.stringify(field.name);
  return `${name}${always ? '' : '?'}: ${render(pkg, field.type, imports)}${nullable || time ? ' | null' : ''};`;
}

function render(pkg: string, type: Type, imports: Map<string, Set<string>>): string {
  switch (type.kind) {
    case 'list': {
      const of = render(pkg, type.of, imports);
      return `${of.includes(' ') ? `(${of})` : of}[]`;
    }
    case 'map':
      return `Record<string, ${render(pkg, type.of, imports)}>`;
    case 'struct': {
      const dot = type.name.lastIndexOf('.');
      const [from, name] = [type.name.slice(0, dot), type.name.slice(dot + 1)];
      if (name === 'ObjectMeta') return `Partial<${use(imports, 'object', 'ObjectMeta')}>`;
      return from === pkg ? name : use(imports, from, name);
    }
    default:
      return SCALARS[type.kind] ?? 'string';
  }
}

function use(imports: Map<string, Set<string>>, from: string, name: string): string {
  let names = imports.get(from);
  if (!names) imports.set(from, (names = new Set()));
  names.add(name);
  return name;
}
