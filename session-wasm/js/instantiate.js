import { MisuseError } from './misuse.js';

/**
 * Brings a WebAssembly module to life with the glue that wasm-bindgen wrote for it, and says what to do
 * where that is not allowed. `module` is bytes, or what a runtime has compiled ahead.
 */
export function instantiate(name, glue, module) {
  try {
    const compiled = ArrayBuffer.isView(module) ? new WebAssembly.Module(module) : module;
    const { exports } = new WebAssembly.Instance(compiled, { [`./${name}_bg.js`]: glue });
    glue.__wbg_set_wasm(exports);
    exports.__wbindgen_start();
    return exports;
  } catch (cause) {
    throw new MisuseError(
      'webassembly_refused',
      "WebAssembly is not allowed here: in a page, the Content-Security-Policy needs script-src 'wasm-unsafe-eval'",
      { cause },
    );
  }
}
