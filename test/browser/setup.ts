// Starts the local server once for all tests in the browser, and finds out whether there is a Chromium.

import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { startLocalServer } from '../local-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the console is. */
    base: string;
    /** The path of Chromium; '' if there is none. */
    chromium: string;
  }
}

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const chromium = PLACES.find((path) => existsSync(path)) ?? '';
  provide('chromium', chromium);
  provide('base', '');
  if (!chromium) {
    if (process.env['CI']) throw new Error(`The browser tests need Chromium, and it is in none of ${PLACES.join(', ')}.`);
    return undefined;
  }
  const server = await startLocalServer();
  provide('base', server.url);
  return async () => void (await server.stop());
}
