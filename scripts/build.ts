// `npm run build`: what wrangler needs beside the Worker itself, which it bundles on its own.

import { join } from 'node:path';
import { buildConsole } from './local/build.ts';

await buildConsole(join(import.meta.dirname, '..'), (line) => console.log(line));
