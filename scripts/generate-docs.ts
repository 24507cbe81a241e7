// Collects upstream's descriptions of the fields that Table columns show, from the comments of the kubernetes-models package (of upstream's OpenAPI).
// What is collected is what worker/resources asks for by `docOf('apps.v1.DeploymentStatus.updatedReplicas')`.
// Usage: node scripts/generate-docs.ts          (part of `npm run generate`)

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const RESOURCES = join(ROOT, 'worker/resources');
const MODELS = join(ROOT, 'node_modules/kubernetes-models');

const wanted = new Set<string>();
for (const file of readdirSync(RESOURCES, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.ts') || file.startsWith('schema')) continue;
  for (const [, key] of readFileSync(join(RESOURCES, file), 'utf8').matchAll(/docOf\('([\w.]+)'\)/g)) wanted.add(key!);
}

const rows = [...wanted].sort().map((key) => `  ${JSON.stringify(key)}:\n    ${JSON.stringify(describe(key))},`);
writeFileSync(
  join(RESOURCES, 'schema/docs.ts'),
  `// Made by scripts/generate-docs.ts from the kubernetes-models package. Do not edit.\n\nexport const docs = {\n${rows.join('\n')}\n} as const;\n`,
);

/** `apps.v1.DeploymentStatus.updatedReplicas` → its comment. */
function describe(key: string): string {
  const [pkg = '', version = '', type = '', field = ''] = key.split('.');
  const folder = pkg === 'core' ? '' : readdirSync(MODELS).find((name) => name.split('.')[0] === pkg && !name.endsWith('.js'));
  if (folder === undefined) throw new Error(`no package for ${key}`);
  const source = readFileSync(join(MODELS, folder, version, `${type}.d.ts`), 'utf8');
  const comment = new RegExp(`/\\*\\*\\n((?: *\\*[^\\n]*\\n)+?) *\\*/\\n *"${field}"\\??:`).exec(source)?.[1];
  if (comment === undefined) throw new Error(`no description of ${key}`);
  const lines = comment.split('\n').map((line) => line.replace(/^ *\* ?/, ''));
  return lines.join('\n').trim().replaceAll('*\\/', '*/');
}
