// The published OpenAPI documents of every version of Kubernetes that is simulated, as static assets: from the tables of worker/resources/schema, with upstream's
// descriptions out of the comments of the kubernetes-models package, and those of parameters out of a generated client's.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Describe } from '../../worker/server/openapi/definitions.ts';

const SOURCES = ['worker/resources', 'worker/server/openapi', 'worker/api/schema.ts', 'worker/cluster/version.ts', 'package-lock.json'];

/** What the documents are made of, for `buildOpenapi` to be called only when it has changed. */
export const openapiSources: readonly string[] = SOURCES;

/** Writes openapi/1.35, openapi/1.36 into the folder of static assets. */
export async function buildOpenapi(root: string, out: string): Promise<void> {
  const [
    { builtinResources },
    { builtinType },
    { MINORS, versionInfo },
    { makeCatalog },
    { documentFile, openapiDocument, pageDocument, pageKeys },
    v2,
    protobuf,
  ] = await Promise.all([
    import('../../worker/resources/index.ts'),
    import('../../worker/resources/schema/index.ts'),
    import('../../worker/cluster/version.ts'),
    import('../../worker/registry/catalog.ts'),
    import('../../worker/server/openapi/document.ts'),
    import('../../worker/server/openapi/version-2.ts'),
    import('../../worker/server/openapi/version-2-protobuf.ts'),
  ]);
  const prose = readProse(root);
  const describe: Describe = (type, field) => prose.get(field ? `${type}.${field}` : type);
  rmSync(out, { recursive: true, force: true });
  for (const minor of MINORS) {
    const folder = join(out, `1.${minor}`);
    mkdirSync(folder, { recursive: true });
    const groups = makeCatalog(builtinResources, minor).groups();
    const groupVersions = groups.flatMap(({ name, versions }) => versions.map(({ version }) => ({ group: name, version })));
    const sources = { types: builtinType, describe, version: versionInfo(minor).gitVersion, groupVersions };
    const documents = new Map(
      groups.flatMap(({ name, versions }) =>
        versions.map(({ version, resources }) => [
          name ? `apis/${name}/${version}` : `api/${version}`,
          openapiDocument(resources, sources),
        ]),
      ),
    );
    for (const key of pageKeys(groups)) documents.set(key, pageDocument(key, sources));
    for (const [key, document] of documents) writeFileSync(join(folder, documentFile(key)), JSON.stringify(document));
    const swagger = v2.swaggerOf([...documents.values()], describe);
    writeFileSync(join(folder, 'v2.json'), JSON.stringify(swagger));
    writeFileSync(join(folder, 'v2.pb'), protobuf.encodeSwagger(swagger));
    writeFileSync(join(folder, 'v2-names.json'), JSON.stringify(Object.keys(swagger.definitions)));
    const meta = [...prose].filter(([key]) => /^(meta\.v1|parameter|autoscaling\.v1\.Scale)/.test(key));
    writeFileSync(join(folder, 'meta.json'), JSON.stringify(Object.fromEntries(meta)));
  }
}

/** `core.v1.Pod`, `core.v1.Pod.spec` and `parameter.watch` → upstream's description. */
function readProse(root: string): Map<string, string> {
  const prose = new Map<string, string>();
  const models = join(root, 'node_modules/kubernetes-models');
  for (const group of readdirSync(models, { withFileTypes: true })) {
    if (!group.isDirectory() || group.name.startsWith('_') || group.name === 'node_modules') continue;
    const isCore = /^v\d/.test(group.name);
    for (const version of isCore ? [''] : readdirSync(join(models, group.name)).filter((name) => /^v\d/.test(name)))
      readFolder(join(models, group.name, version), isCore ? `core.${group.name}` : `${group.name.split('.')[0]}.${version}`, prose);
  }
  const machinery = join(root, 'node_modules/@kubernetes-models/apimachinery');
  readFolder(join(machinery, 'apis/meta/v1'), 'meta.v1', prose);
  readFolder(join(machinery, 'api/resource'), 'resource', prose);
  readFolder(join(machinery, 'util/intstr'), 'intstr', prose);
  readFolder(join(machinery, 'runtime'), 'runtime', prose);
  readParameters(join(root, 'node_modules/@kubernetes/client-node/dist/gen/apis/AppsV1Api.d.ts'), prose);
  for (const [key, text] of Object.entries(MISSING)) if (!prose.has(key)) prose.set(key, text);
  return prose;
}

/** What the package has no comments for. */
const MISSING = {
  'resource.Quantity':
    'Quantity is a fixed-point number. Its text form is a decimal number with a suffix: of powers of two (Ki, Mi, Gi, Ti, Pi, Ei), of powers of ten (n, u, m, k, M, G, T, P, E), or a decimal exponent.',
};

/** The first interface of each file, its fields, and the comment before either. */
function readFolder(folder: string, pkg: string, prose: Map<string, string>): void {
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.d.ts') || file === 'index.d.ts') continue;
    const type = `${pkg}.${file.slice(0, -'.d.ts'.length)}`;
    const source = readFileSync(join(folder, file), 'utf8');
    const whole = /\/\*\*\n((?: \*[^\n]*\n)+?) \*\/\nexport (?:interface|type) I/.exec(source);
    if (whole) prose.set(type, plain(whole[1]!));
    const body = /export interface I\w+[^{]*\{\n([\s\S]*?)\n\}\n/.exec(source)?.[1] ?? '';
    for (const [, comment, field] of body.matchAll(/(?<=^|\n) {4}\/\*\*\n((?: {5}\*[^\n]*\n)+?) {5}\*\/\n {4}"([^"]+)"\??:/g))
      prose.set(`${type}.${field}`, plain(comment!));
  }
}

/** What the first operation that has it says of a parameter that many have. */
function readParameters(file: string, prose: Map<string, string>): void {
  for (const [, name, text] of readFileSync(file, 'utf8').matchAll(/^ *\* @param _?(\w+) (.+?)(?: \(optional\))?$/gm)) {
    const key = `parameter.${name}`;
    if (!prose.has(key) && name !== 'name' && name !== 'body')
      prose.set(
        key,
        plain(text!).replace(/\\?&#?(\w+);/g, (_, code: string) => ENTITIES[code]!),
      );
  }
}

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', '39': "'", x60: '`', x3D: '=', lt: '<', gt: '>', amp: '&' };

const plain = (comment: string): string =>
  comment
    .split('\n')
    .map((line) => line.replace(/^ *\* ?/, ''))
    .join('\n')
    .trim()
    .replaceAll('*\\/', '*/')
    .replaceAll('\\*', '*');
