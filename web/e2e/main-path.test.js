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
      const server = await (start[browser] ?? startServer)(t, '--page-developer', ...(await flags(t)));
      const tab = await visit(t, browser, server);
      await tab.seeSignIn();
      await tab.assertAccessible();
      await tab.until(() => document.activeElement.id === 'username');
      await tab.type(USER.username);
      await tab.press('Tab');
      await tab.type(USER.password);
      await tab.press('Enter');

      await tab.see('Verified in this browser');
      assert.equal(await tab.focused(), 'account-title');
      assert.equal(await tab.text('subject'), 'demo');
      await tab.see(/Signed in on .+ since \d?\d:\d\d/);
      await tab.see(/Signed in until .*\d?\d:\d\d(\s[AP]M)? if you leave/);
      await tab.see('Stay signed in');
      await tab.see(/All times are in .+\./);
      await tab.assertAccessible();

      await tab.click('Developer');
      await tab.until(() => document.activeElement.id === 'statement-title');
      assert.match(await tab.text('key-id'), /^[\w-]{1,32}$/);
      await tab.see(`Issuer: ${server.origin}`);
      await tab.see('Verified in this browser, and current');
      await tab.see(/Revocations: not on the list as of \d?\d:\d\d:\d\d\s[\w\s]+/);
      await tab.assertAccessible();

      await tab.reload();
      await tab.see('Verified in this browser');
      await tab.click('Sign out', 'header');
      await tab.see('You’re signed out.');
      assert.equal((await tab.ask('/session')).status, 401);
      await tab.reload();
      await tab.seeSignIn();
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
      await tab.see('You were signed out, here or from another device.');
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
  await tab.see('Your password is correct, but this browser didn’t keep you signed in.');
  await tab.see('Open this page with https');
  await tab.assertAccessible();
});
