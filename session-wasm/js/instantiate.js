import { MisuseError } from './misuse.js';

/**
 * Brings a WebAssembly module to life behind the glue that wasm-bindgen wrote for it, and says what to do
 * where that is not allowed. `imported` is what importing the module gave.
 */
export function instantiate(setWasm, imported) {
  try {
    const exports = alive(imported.default ?? imported);
    setWasm(exports);
    return exports;
  } catch (cause) {
    throw new MisuseError(
      'webassembly_refused',
      "WebAssembly is not allowed here: in a page, the Content-Security-Policy needs script-src 'wasm-unsafe-eval'",
      { cause },
    );
  }
}

/** Of bytes, of what a runtime has compiled ahead, or of what a bundler has brought to life by itself. */
function alive(module) {
  if ('memory' in module) return module;
  const compiled = ArrayBuffer.isView(module) ? new WebAssembly.Module(module) : module;
  return new WebAssembly.Instance(compiled).exports;
}
