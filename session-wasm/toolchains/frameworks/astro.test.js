import { test } from 'node:test';

import { assertPageAt } from '../stage/browser.js';
import { application, assertServer, inPage } from './framework.js';

test('Astro has the package in endpoints, in pages that the server writes, and in their scripts', async (t) => {
  const { build, start, scene } = application('astro', ['server.js', 'visitor.js'], { served: 'public' });
  await build('astro', 'build');
  const origin = await start(t, ['dist/server/entry.mjs']);
  await assertServer(`${origin}/check`, scene);
  await assertServer(`${origin}/`, scene, inPage);
  await assertPageAt(t, origin);
});
