// By a path with a slash: wrangler takes only those for modules of WebAssembly.
export { default } from './cookie.wasm';
