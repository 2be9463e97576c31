import { test } from 'node:test';

import { assertPageAt } from '../stage/browser.js';
import { application, assertServer } from './framework.js';

test('SvelteKit has the package in server routes and in pages', async (t) => {
  const { build, start, scene } = application('sveltekit', ['server.js', 'visitor.js'], { served: 'static' });
  await build('vite', 'build');
  const origin = await start(t, ['build/index.js']);
  await assertServer(`${origin}/check`, scene);
  await assertPageAt(t, origin);
});
