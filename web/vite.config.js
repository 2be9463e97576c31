import { defineConfig } from 'vite';

export default defineConfig({
  // The server may have the page beneath a prefix, and everything else beside it.
  base: './',
  build: {
    // Where the crate that serves the page has it, also when it is published.
    outDir: '../session-http/page',
    emptyOutDir: true,
    target: 'es2022',
    // All of these know `light-dark()`.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The Content Security Policy allows no inlined script, and no `data:` but in images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The WebAssembly module is text inside a chunk of its own, loaded after the page is there.
    chunkSizeWarningLimit: 400,
  },
});
