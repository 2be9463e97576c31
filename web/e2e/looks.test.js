// Every view, narrow and wide, in both colour schemes: nothing sticks out, and axe finds nothing.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { logIn, startServer, USER } from '../../testing/server.js';
import { BROWSERS, closeBrowsers, visit } from './browsers.js';
import { enter, startManaged } from './managed.js';

after(closeBrowsers);

const NARROW = { width: 320, height: 640 };
const WIDE = { width: 1600, height: 900 };

const SETTINGS = {
  'at 320 pixels': { viewport: NARROW },
  'at 320 pixels in the dark': { viewport: NARROW, media: { 'prefers-color-scheme': 'dark' } },
  'at 1600 pixels in the dark': { viewport: WIDE, media: { 'prefers-color-scheme': 'dark' } },
};

for (const browser of BROWSERS) {
  for (const [name, options] of Object.entries(SETTINGS)) {
    // Firefox is told of a colour scheme by its settings alone, which are one for all profiles.
    if (options.media && browser === 'firefox') continue;
    test(`${browser}: every view ${name}`, async (t) => {
      const server = await startServer(t, '--page-developer');
      await logIn(server, `A device with a long name of its own ${'and more of it '.repeat(8)}`);
      const tab = await visit(t, browser, server, options);
      await tab.seeSignIn();
      await assertFits(tab);
      await tab.signIn('not the password');
      await tab.see('Wrong username or password.');
      await assertFits(tab);
      await tab.enter();
      await tab.see(/You’re signed in on \d+ devices\./);
      await assertFits(tab);
      await tab.click('Devices');
      await tab.see('This device');
      await assertFits(tab);
      // The explanation of a time stands in no way either.
      await tab.evaluate(() => document.querySelector('#device-list li:last-child time').focus());
      await assertFits(tab);
      await tab.click('Sign out all other devices');
      await tab.see(/Sign out \d+ other devices?\?/);
      await assertFits(tab);
      await tab.press('Escape');
      await tab.click('Security');
      await tab.see('Renew session ID');
      await assertFits(tab);
      await tab.click('Developer');
      await tab.see('Signed statement');
      await assertFits(tab);
      await tab.click('Data');
      await tab.see('Revision 0');
      await assertFits(tab);
      const { statement } = (await tab.ask('/session')).body;
      await tab.click('Inspector');
      await tab.fill('Cookie or statement', statement);
      await tab.see('Authentic');
      await assertFits(tab);
    });
  }
}

test('at 360 pixels the buttons are as wide as what they stand in', async (t) => {
  const server = await startServer(t);
  await logIn(server);
  const viewport = { width: 360, height: 740 };
  for (const browser of BROWSERS) {
    const tab = await visit(t, browser, server, { viewport });
    await tab.enter();
    await assertWide(tab, '#session');
    await tab.click('Devices');
    await tab.see('Firefox on Windows');
    await assertWide(tab, '#devices');
    await tab.click('Sign out all other devices');
    await tab.see(/Sign out \d+ other devices?\?/);
    await assertWide(tab, '#confirm');
    await tab.press('Escape');
    await tab.click('Security');
    await assertWide(tab, '#security');
  }
});

async function assertWide(tab, within) {
  const widths = await tab.evaluate((selector) => {
    const inner = (box) => {
      const { paddingLeft, paddingRight } = getComputedStyle(box);
      return box.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
    };
    const buttons = [...document.querySelectorAll(`${selector} button`)];
    return buttons.map((button) => [button.innerText, button.offsetWidth, inner(button.parentElement)]);
  }, within);
  assert.ok(widths.length > 0, within);
  for (const [name, width, room] of widths) assert.ok(room - width < 2, `${name}: ${width} of ${room}`);
}

const WINDOWS = { ...SETTINGS, 'at 360 pixels': { viewport: { width: 360, height: 740 } } };

for (const browser of BROWSERS) {
  for (const [name, options] of Object.entries(WINDOWS)) {
    if (options.media && browser === 'firefox') continue;
    test(`${browser}: the operations view ${name}`, async (t) => {
      const { server, management } = await startManaged(t);
      const { view } = await logIn(server, `A device with a long name ${'and-more-of-it'.repeat(12)}`);
      const tab = await visit(t, browser, management, options);
      await tab.see('Management token');
      await assertFits(tab);
      await tab.fill('Token', 'no token');
      await tab.press('Enter');
      await tab.see('The server does not take this token.');
      await assertFits(tab);
      await enter(tab);
      await assertFits(tab);
      await tab.fill('Subject', 'a-subject-of-one-long-word'.repeat(8));
      await tab.press('Enter');
      await tab.see('has no sessions');
      await assertFits(tab);
      await tab.fill('Subject', USER.username);
      await tab.press('Enter');
      await tab.see('1 session of demo');
      await assertFits(tab);
      await tab.click('End all');
      await tab.see('End the one session of demo?');
      await assertFits(tab);
      await tab.press('Escape');
      await tab.fill('Session ID', view.session_id);
      await tab.press('Enter');
      await tab.see('One session');
      await tab.click('Show the application’s data');
      await tab.until(() => document.querySelector('#shown-data').value === '{}');
      await assertFits(tab);
    });
  }
}

test('with reduced motion the charts are drawn and nothing moves', async (t) => {
  const { management } = await startManaged(t);
  const media = { 'prefers-reduced-motion': 'reduce' };
  const tab = await visit(t, 'chromium', management, { media });
  await enter(tab);
  const lines = () => document.querySelectorAll('.plot .line').length;
  assert.ok((await tab.evaluate(lines)) > 4);
  assert.equal(await tab.evaluate(() => document.getAnimations().length), 0);
});

async function assertFits(tab) {
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  assert.equal(await tab.evaluate(overflow), 0, 'nothing is wider than the window');
  await tab.assertAccessible();
}

test('with reduced motion the time line stands still and still tells the time', async (t) => {
  const server = await startServer(t);
  const media = { 'prefers-reduced-motion': 'reduce' };
  const tab = await visit(t, 'chromium', server, { media });
  await tab.enter();
  assert.equal(await tab.evaluate(() => document.getAnimations().length), 0);
  const place = () => document.querySelector('#time-line').style.getPropertyValue('--now');
  const first = await tab.evaluate(place);
  await tab.until(
    (was) => document.querySelector('#time-line').style.getPropertyValue('--now') !== was,
    first,
  );
});

test('every control is reached by keyboard, in the order of the page, and shows that it is', async (t) => {
  const server = await startServer(t, '--page-developer');
  const tab = await visit(t, 'chromium', server);
  await tab.enter();
  await tab.see('You’re signed in on 1 device.');
  await tab.evaluate(() => document.querySelector('.skip').focus());
  const reached = [];
  for (let step = 0; step < 10; step += 1) {
    await tab.press('Tab');
    const [name, outline] = await tab.evaluate(() => {
      const { activeElement: it } = document;
      return [it.innerText.trim(), getComputedStyle(it).outlineStyle];
    });
    assert.notEqual(outline, 'none', name);
    reached.push(name);
  }
  const inOrder = [
    'Account',
    'Devices',
    'Security',
    'Developer',
    'Sign out',
    'Stay signed in',
    'Sign out',
    'Manage devices',
    'just now',
    'Go to security',
  ];
  assert.deepEqual(reached, inOrder);
});
