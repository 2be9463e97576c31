// What everybody does, in every browser, on every store.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowsers, EVERY_BROWSER, visit } from './browsers.js';
import { STORES, startServer, USER } from './stage.js';

after(closeBrowsers);

for (const browser of EVERY_BROWSER) {
  for (const [store, flags] of Object.entries(STORES)) {
    test(`${browser}, ${store}: signing in by keyboard shows a verified session, until signing out`, async (t) => {
      const server = await startServer(t, ...(await flags(t)));
      const tab = await visit(t, browser, server);
      await tab.see('to see your session and your devices');
      await tab.assertAccessible();
      await tab.evaluate(() => document.querySelector('#username').focus());
      await tab.type(USER.username);
      await tab.press('Tab');
      await tab.type(USER.password);
      await tab.press('Enter');

      await tab.see('Verified in this browser, and current');
      assert.equal(await tab.focused(), 'session-title');
      assert.equal(await tab.text('subject'), 'demo');
      assert.match(await tab.text('idle-left'), /^(30:00|29:5\d)$/);
      assert.match(await tab.text('absolute-left'), /^(12:00:00|11:59:5\d)$/);
      const shown = await tab.text('idle-left');
      await tab.until((before) => document.querySelector('#idle-left').textContent !== before, shown);
      await tab.assertAccessible();

      await tab.reload();
      await tab.see('Verified in this browser, and current');
      await tab.click('Sign out', 'header');
      await tab.see('You are signed out.');
      assert.equal((await tab.ask('/session')).status, 401);
      await tab.reload();
      await tab.see('to see your session and your devices');
      assert.deepEqual(await tab.faults(), []);
    });
  }
}
