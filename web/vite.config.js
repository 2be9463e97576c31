import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vite';
import { template } from './template.js';

/** Where the crate that serves it has each of the two, also when it is published. They share no built file. */
const BUILT = {
  production: { input: 'index.html', outDir: '../session-http/page' },
  operations: { input: 'operations.html', outDir: '../session-http/operations' },
};

/** The server reads the texts of each language, and fills them in. */
const TEXTS = new URL('texts/', import.meta.url);

const texts = {
  name: 'texts',
  apply: 'build',
  generateBundle() {
    for (const name of readdirSync(TEXTS)) {
      this.emitFile({ type: 'asset', fileName: `texts/${name}`, source: readFileSync(new URL(name, TEXTS)) });
    }
  },
};

export default defineConfig(({ mode }) => {
  const { input, outDir } = BUILT[mode] ?? BUILT.production;
  return {
    // The server may have the page beneath a prefix, and everything else beside it.
    base: './',
    plugins: input === 'index.html' ? [...template, texts] : [],
    build: {
      outDir,
      emptyOutDir: true,
      rolldownOptions: { input },
      target: 'es2022',
      // All of these know `light-dark()`.
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      // The Content Security Policy allows no inlined script, and no `data:` but in images.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // The WebAssembly module is text inside a chunk of its own, loaded after the page is there.
      chunkSizeWarningLimit: 400,
    },
  };
});
