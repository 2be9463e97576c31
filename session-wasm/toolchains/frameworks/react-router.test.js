import { test } from 'node:test';

import { assertPageAt } from '../stage/browser.js';
import { bin } from '../stage/places.js';
import { application, assertServer, inPage } from './framework.js';

test('React Router, once Remix, has the package in loaders, routes and pages', async (t) => {
  const { build, start, scene } = application('react-router', ['server.js', 'visitor.js'], {
    served: 'public',
  });
  await build('react-router', 'build');
  const origin = await start(t, [bin('react-router-serve'), 'build/server/index.js']);
  await assertServer(`${origin}/check`, scene);
  await assertServer(`${origin}/`, scene, inPage);
  await assertPageAt(t, origin);
});
