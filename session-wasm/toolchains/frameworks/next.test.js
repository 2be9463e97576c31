import { test } from 'node:test';

import { assertPageAt } from '../stage/browser.js';
import { bin } from '../stage/places.js';
import { application, assertServer, inPage } from './framework.js';

const inHeader = (answer) => JSON.parse(answer.headers.get('X-Verdicts'));

test('Next.js has the package in middleware, server components, routes and pages', async (t) => {
  const { build, start, scene } = application('next', ['server.js', 'visitor.js'], { served: 'public' });
  await build('next', 'build');
  const origin = await start(t, [bin('next'), 'start', '--hostname', '127.0.0.1', '--port', 'PORT'], /Ready/);
  await assertServer(`${origin}/check`, scene, inHeader);
  await assertServer(`${origin}/check`, scene);
  await assertServer(`${origin}/`, scene, inPage);
  await assertPageAt(t, origin);
});
