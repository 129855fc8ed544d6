/** Builds the dashboard into the server's package, which serves it. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const server = process.env.TACHO_SERVER ?? 'http://127.0.0.1:9090';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative to the page, so that it works under any path prefix.
  base: './',
  resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
  // Calls with the children as arguments: smaller, packed, than properties that are named at each call.
  oxc: {
    jsx: { runtime: 'classic', pragma: 'makeElement', pragmaFrag: 'makeFragment' },
    jsxInject: "import { createElement as makeElement, Fragment as makeFragment } from 'preact';",
  },
  build: {
    outDir: '../server/dist/dashboard',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
    // One style sheet: what a page adds is small, and arrives before the page does.
    cssCodeSplit: false,
    // One script as well: what pages share packs best together, and no page waits for a second file.
    rolldownOptions: { output: { codeSplitting: false } },
  },
  // `npm run dev -w packages/dashboard` beside a running server.
  server: { proxy: { '/api': { target: server, changeOrigin: true }, '/health': server } },
});
