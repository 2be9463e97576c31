// Asked for like this, Next.js and Vercel compile the file ahead and hand over the module.
export { default } from './statement.wasm?module';
