import { cpSync } from 'node:fs';

import { TOOLCHAINS } from './places.js';
import { run } from './run.js';

/** As the suite of all runtimes has it. */
const TESTS = `${TOOLCHAINS}/../tests/node_modules`;

/** Runs `dist/worker.js` of a project, beside which the WebAssembly lies, and gives what it wrote. */
export async function runInWorkerd(folder, scene) {
  cpSync(`${TOOLCHAINS}/stage/workerd.capnp`, `${folder}/workerd.capnp`);
  const args = ['test', 'workerd.capnp', `--import-path=${TESTS}`];
  return JSON.parse(await run([`${TESTS}/.bin/workerd`, ...args], folder, { SCENE: JSON.stringify(scene) }));
}
