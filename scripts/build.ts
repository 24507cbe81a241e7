// `npm run build`: what wrangler needs beside the Worker itself, which it bundles on its own.

import { join } from 'node:path';
import { buildConsole, buildDocuments } from './local/build.ts';

const root = join(import.meta.dirname, '..');
const say = (line: string): void => console.log(line);
await buildConsole(root, say);
await buildDocuments(root, say);
