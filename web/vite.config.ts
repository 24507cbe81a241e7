// How the console is built: into dist/client, beside what else is published there. `npm run console` serves it with hot reload before a running `npm start`.

import { defineConfig } from 'vite';

const SERVER = process.env['KUBARIUM'] ?? 'http://127.0.0.1:8787';

export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: '../dist/client',
    emptyOutDir: false,
    target: 'es2022',
    manifest: 'assets/manifest.json',
    // A page of ours loads nothing that it is not told to: no inlined data, no polyfill.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The server must see the page's own address: it refuses other sites' pages.
  server: { proxy: { '^/(api|docs)': { target: SERVER, changeOrigin: false }, '^/c/': { target: SERVER, changeOrigin: false, ws: true } } },
});
