import { test } from 'node:test';

import { assertPageAt } from '../stage/browser.js';
import { application, assertServer } from './framework.js';

test('Nuxt, and so Nitro, has the package in server routes and in pages', async (t) => {
  const { build, start, scene } = application('nuxt', ['server.js', 'visitor.js'], { served: 'public' });
  await build('nuxt', 'build');
  const origin = await start(t, ['.output/server/index.mjs']);
  await assertServer(`${origin}/check`, scene);
  await assertPageAt(t, origin);
});
