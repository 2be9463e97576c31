import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { bin, HERE, node } from './stage/places.js';
import { project } from './stage/project.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';

const scene = newScene();
const folder = project('typescript');

/** How a program is written and resolved, and whether Node.js can run what comes of it as it is. */
const WAYS = {
  bundler: { ending: 'ts', flags: ['--module', 'esnext', '--moduleResolution', 'bundler'] },
  'node16 from an ES module': { ending: 'mts', flags: ['--module', 'node16'] },
  'node16 from CommonJS': { ending: 'cts', flags: ['--module', 'node16'] },
  nodenext: { ending: 'mts', flags: ['--module', 'nodenext'] },
  node10: { ending: 'cts', flags: ['--module', 'commonjs', '--moduleResolution', 'node10'] },
};

for (const [way, { ending, flags }] of Object.entries(WAYS)) {
  test(`TypeScript resolves the package as ${way}, strictly, and what it writes runs`, async () => {
    const place = `${folder}/${way.replaceAll(' ', '-')}`;
    cpSync(`${HERE}/guests/program.ts`, `${place}/program.${ending}`);
    cpSync(`${HERE}/../tests/consumer/consumer.ts`, `${place}/consumer.${ending}`);
    const strict = ['--strict', '--target', 'es2022', '--types', ''];
    await run([bin('tsc'), ...strict, ...flags, `program.${ending}`, `consumer.${ending}`], place);
    const program = [node(20), `program.${ending.replace('ts', 'js')}`];
    const { client, ...verdicts } = JSON.parse(await run(program, place, { SCENE: JSON.stringify(scene) }));
    assertVerdicts(verdicts, scene);
    assert.equal(client, 'asking');
  });
}

test('a wrong use is refused by the types of CommonJS as well', async () => {
  const wrong =
    "import { CookieVerifier } from 'session-wasm/cookie';\nnew CookieVerifier({ keyRing: 7 });\n";
  writeFileSync(`${folder}/wrong.cts`, wrong);
  const tsc = run([bin('tsc'), '--noEmit', '--strict', '--module', 'node16', 'wrong.cts'], folder);
  await assert.rejects(tsc, /TS2322.*CookieKeyRing/s);
});
