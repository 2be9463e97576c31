import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { assertPageAt } from '../stage/browser.js';
import { bin } from '../stage/places.js';
import { assertRefused } from '../stage/refusal.js';
import { application, assertServer, inPage } from './framework.js';

const guests = ['server.js', 'visitor.js', 'trespasser.js'];
const inHeader = (answer) => JSON.parse(answer.headers.get('X-Verdicts'));

for (const bundler of ['--turbopack', '--webpack']) {
  test(`Next.js ${bundler} has the package in middleware, server components, routes and pages`, async (t) => {
    const { build, start, scene } = application('next', guests, { served: 'public' });
    await build('next', 'build', bundler);
    const serve = [bin('next'), 'start', '--hostname', '127.0.0.1', '--port', 'PORT'];
    const origin = await start(t, serve, /Ready/);
    await assertServer(`${origin}/check`, scene, inHeader);
    await assertServer(`${origin}/check`, scene);
    await assertServer(`${origin}/`, scene, inPage);
    await assertPageAt(t, origin);
  });
}

test('Next.js builds no page with the cookie module', async () => {
  const { build, folder } = application('next', guests, { served: 'public' });
  mkdirSync(`${folder}/app/trespasser`);
  writeFileSync(
    `${folder}/app/trespasser/page.js`,
    "'use client';\nimport '../../trespasser.js';\nexport default () => null;\n",
  );
  await assertRefused(build('next', 'build'));
});
