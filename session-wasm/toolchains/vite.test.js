import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { after } from '../../testing/after.js';
import { endGroup, firstLine } from '../../testing/process.js';
import { startServer } from '../../testing/server.js';
import { assertPage, reported } from './stage/browser.js';
import { bin } from './stage/places.js';
import { freePort } from './stage/port.js';
import { project } from './stage/project.js';
import { fromReadme } from './stage/readme.js';
import { assertRefused } from './stage/refusal.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';

const scene = newScene();
const folder = project('vite', ['page.js', 'visitor.js', 'program.js']);
const vite = (...args) => run([bin('vite'), ...args], folder);

test('Vite builds a page', async (t) => {
  await vite('build');
  await assertPage(t, `${folder}/dist`, scene);
});

// R18: the build fails, and says why.
test('Vite builds no page with the cookie module', () =>
  assertRefused(run([bin('vite'), 'build'], project('vite-refused', ['trespasser.js']))));

test('Vite builds a server, with the package in its bundle', async () => {
  await vite('build', '--ssr', 'program.js', '--outDir', 'dist-server');
  const program = [process.execPath, 'dist-server/program.js'];
  assertVerdicts(JSON.parse(await run(program, folder, { SCENE: JSON.stringify(scene) })), scene);
});

test('a page of the development server signs in at the real server by its proxy', async (t) => {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const server = await startServer(t, '--public-origin', origin);
  await startVite(t, new URL(origin).port, server.origin);
  const { verdict, current, forged } = await reported(t, `${origin}/signed-in.html`);
  assert.deepEqual([verdict.ok, verdict.subject], [true, 'demo']);
  assert.deepEqual([current.ok, current.current], [true, true]);
  assert.deepEqual(forged, { ok: false, reason: 'bad_signature' });
});

async function startVite(t, port, server) {
  const config = fromReadme('proxy:');
  writeFileSync(`${folder}/vite.config.js`, config.replace('http://127.0.0.1:8080', server));
  const child = spawn(bin('vite'), ['--host', '127.0.0.1', '--port', port, '--strictPort'], {
    cwd: folder,
    detached: true,
    env: { ...process.env, NO_COLOR: '1' },
    // With an input: it ends with that.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  after(t, () => endGroup(child));
  await firstLine(child, /Local:/);
}
