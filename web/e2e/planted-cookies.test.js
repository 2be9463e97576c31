// What another host of the same site can plant, and that nobody is signed in by it.

import assert from 'node:assert/strict';
import { logIn } from '../../testing/server.js';
import { profile } from './browsers.js';
import { startSecureServer, startSibling } from './https.js';
import { everywhere } from './stories.js';

const HOSTS = { app: 'app.site.test', sibling: 'sibling.site.test' };

// R15: in real browsers, by every attribute that another host may set.
everywhere('a session cookie that a sibling host plants is never accepted', async (t, { browser, flags }) => {
  const server = await startSecureServer(t, { host: HOSTS.app }, '--page-developer', ...(await flags()));
  const attacker = await logIn({ origin: server.address });
  const theirs = attacker.cookies.find((cookie) => cookie.startsWith('__Host-session='));
  const value = theirs.slice(theirs.indexOf('=') + 1);
  const whole = 'Domain=site.test; Path=/; Secure';
  const sibling = await startSibling(t, HOSTS.sibling, [
    // What a sibling can do, so that the others are known to have been heard.
    `planted=1; ${whole}`,
    `__Host-session=${value}; ${whole}`,
    `__host-session=${value}; ${whole}`,
    `=__Host-session=${value}; ${whole}`,
    `__Host-session=${value}; Domain=site.test; Path=/session; Secure`,
    `session=${value}; ${whole}`,
    `__Secure-session=${value}; ${whole}`,
    `__Host-session-statement=${attacker.view.statement}; ${whole}`,
  ]);
  const visitor = await profile(t, browser, { hosts: Object.values(HOSTS) });
  const tab = await visitor.newTab(server);
  await tab.goto(sibling.origin);
  await tab.see('planted');
  await tab.goto();
  await tab.seeSignIn();
  assert.match(await tab.evaluate(() => document.cookie), /(^|; )planted=1/);
  assert.equal((await tab.ask('/session')).status, 401);

  await tab.enter();
  const { body } = await tab.ask('/session');
  assert.notEqual(body.session_id, attacker.view.session_id);
  await tab.goto(sibling.origin);
  await tab.see('planted');
  await tab.goto();
  await tab.see('Verified in this browser');
  assert.equal(await tab.text('session-id'), body.session_id);
});
