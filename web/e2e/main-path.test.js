// What everybody does, in every browser, on every store.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { logIn, startServer, USER } from '../../testing/server.js';
import { closeBrowsers, EVERY_BROWSER, visit } from './browsers.js';
import { startSecureServer } from './https.js';
import { STORES } from './stories.js';

after(closeBrowsers);

// WebKitGTK keeps no `__Host-` cookie of an http address, loopback or not.
const start = { webkitgtk: startSecureServer };

for (const browser of EVERY_BROWSER) {
  for (const [store, flags] of Object.entries(STORES)) {
    test(`${browser}, ${store}: signing in by keyboard shows a verified session, until signing out`, async (t) => {
      const server = await (start[browser] ?? startServer)(t, ...(await flags(t)));
      const tab = await visit(t, browser, server);
      await tab.see('to see your session and your devices');
      await tab.assertAccessible();
      await tab.evaluate(() => document.querySelector('#username').focus());
      await tab.type(USER.username);
      await tab.press('Tab');
      await tab.type(USER.password);
      await tab.press('Enter');

      await tab.see('Verified in this browser');
      assert.equal(await tab.focused(), 'session-title');
      assert.equal(await tab.text('subject'), 'demo');
      assert.match(await tab.text('idle-left'), /^(30:00|29:5\d)$/);
      assert.match(await tab.text('absolute-left'), /^(12:00:00|11:59:5\d)$/);
      assert.match(await tab.text('key-id'), /^[\w-]{1,32}$/);
      const shown = await tab.text('idle-left');
      await tab.until((before) => document.querySelector('#idle-left').textContent !== before, shown);
      await tab.see(`Issuer: ${server.origin}`);
      await tab.see('Verified in this browser, and current');
      await tab.see(/Revocations: not in the feed as of \d\d:\d\d:\d\d/);
      await tab.assertAccessible();

      await tab.reload();
      await tab.see('Verified in this browser');
      await tab.click('Sign out', 'header');
      await tab.see('You are signed out.');
      assert.equal((await tab.ask('/session')).status, 401);
      await tab.reload();
      await tab.see('to see your session and your devices');
      assert.deepEqual(await tab.faults(), []);
    });
  }

  for (const [store, flags] of Object.entries(STORES)) {
    test(`${browser}, ${store}: a session that is revoked by a second device is over within the feed’s interval`, async (t) => {
      const server = await (start[browser] ?? startServer)(t, ...(await flags(t)));
      const tab = await visit(t, browser, server);
      await tab.enter();
      const { body } = await tab.ask('/session');
      const other = await logIn({ origin: server.address });
      const revokedAt = performance.now();
      const answer = await other.ask(`/sessions/${body.session_id}`, { method: 'DELETE' });
      assert.equal(answer.status, 204);
      await tab.see('Your session was ended, here or on another device.');
      const seconds = (performance.now() - revokedAt) / 1000;
      t.diagnostic(`told after ${seconds.toFixed(1)} s`);
      assert.equal(await tab.focused(), 'sign-in-title');
      await tab.assertAccessible();
      assert.deepEqual(await tab.faults(), []);
    });
  }
}

test('webkitgtk: where a browser keeps no cookie, the page says so and why', async (t) => {
  const server = await startServer(t);
  const tab = await visit(t, 'webkitgtk', server);
  await tab.signIn();
  await tab.see('Name and password are right, but this browser did not keep the session cookie');
  await tab.see('Open the page under https');
  await tab.assertAccessible();
});
