import assert from 'node:assert/strict';
import { test } from 'node:test';

import { node } from './stage/places.js';
import { project } from './stage/project.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';

const scene = newScene();
const env = { SCENE: JSON.stringify(scene) };
const folder = project('node', ['program.js', 'program.cjs']);

// Version 20.18 is from before `require` could load an ES module.
for (const [version, program] of Object.entries({ 20: node(20), 22: node(22), current: process.execPath })) {
  for (const [way, file] of Object.entries({ import: 'program.js', require: 'program.cjs' })) {
    test(`Node.js ${version} takes the package by ${way}`, async () => {
      const { client, ...verdicts } = JSON.parse(await run([program, file], folder, env));
      assertVerdicts(verdicts, scene);
      assert.equal(client, way === 'require' ? 'asking' : undefined);
    });
  }
}

test('what is required in one place and imported in another is the same misuse', async () => {
  const script = `
    const { MisuseError } = require('session-wasm');
    import('session-wasm/cookie').then(({ CookieVerifier }) => {
      try { new CookieVerifier({ keyRing: '' }); } catch (error) { console.log(error instanceof MisuseError); }
    });`;
  assert.equal(await run([node(20), '--input-type=commonjs', '--eval', script], folder), 'true\n');
});
