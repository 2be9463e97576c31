import { fileURLToPath } from 'node:url';

export const place = (path) => fileURLToPath(new URL(path, import.meta.url)).replace(/\/$/, '');

/** This folder of tests. */
export const TESTS = place('..');
export const SESSION_WASM = place('../..');
export const VECTORS = place('../../../vectors');

const given = process.env.CONFORMANCE_DIR;
if (!given) throw new Error('CONFORMANCE_DIR is not set: run these tests by `cargo xtask test wasm`');

/** Where the runtimes read from: `vectors/`, `generated/` by the native program, `built/`. */
export const FILES = given;
export const BUILT = `${given}/built`;

/** A program that an npm package brought. */
export const bin = (name) => `${TESTS}/node_modules/.bin/${name}`;
