// The inspector says what it sees, and keeps it to itself.

import assert from 'node:assert/strict';
import { logIn, startServer } from '../../testing/server.js';
import { visit } from './browsers.js';
import { everywhere, inEveryBrowser } from './stories.js';

const LABEL = 'Cookie or statement';

/** Puts `text` into the field at once, as pasting does. */
const paste = (tab, text) =>
  tab.evaluate((pasted) => {
    const field = document.querySelector('#inspector-text');
    field.value = pasted;
    field.dispatchEvent(new InputEvent('input', { inputType: 'insertFromPaste' }));
  }, text);

const requests = (tab) => tab.evaluate(() => performance.getEntriesByType('resource').length);

everywhere(
  'a header is taken apart, and its statement verified, without being signed in',
  async (t, { browser, serve }) => {
    const server = await serve('--page-developer');
    const { cookies, view } = await logIn(server);
    const [cookie] = cookies.filter((each) => each.startsWith('__Host-session='));
    const [, secret] = cookie.match(/^[^.]*\.[^.]*\.[^.]*\.([^.]*)\./);
    const tab = await visit(t, browser, server, { path: '/#inspector' });
    await tab.until(
      () => performance.getEntriesByName(`${location.origin}/.well-known/session-revocations`).length,
    );
    await tab.assertAccessible();
    await paste(tab, `Cookie: theme=dark; ${cookies.join('; ')}`);
    await tab.see('Authentic and current');
    await tab.see(`${view.session_id}`);
    await tab.see('Its tag can only be checked by the server');
    await tab.see(/Expires\n.*\d\d:\d\d:\d\d [\w+]+ \(in 12 hours\)/);
    await tab.see('Signature: Ed25519, with the public key');
    assert.ok(!(await tab.evaluate(() => document.querySelector('#findings').innerText)).includes(secret));
    await tab.assertAccessible();
    assert.deepEqual(await tab.faults(), []);
  },
);

everywhere('what is pasted makes no request, and is gone when one leaves', async (t, { browser, serve }) => {
  const server = await serve('--page-developer');
  const { cookies, view } = await logIn(server);
  const tab = await visit(t, browser, server, { path: '/#inspector' });
  await paste(tab, view.statement);
  await tab.see('Authentic and current');
  const before = await requests(tab);
  await tab.fill(LABEL, cookies[0]);
  await tab.see('Not checked');
  await tab.click('Clear');
  assert.equal(await tab.evaluate(() => document.querySelector('#inspector-clear').disabled), true);
  assert.equal(await tab.evaluate(() => document.querySelector('#findings').innerText), '');
  await paste(tab, view.statement);
  await tab.see('Authentic and current');
  assert.equal(await requests(tab), before);
  await tab.click('Sign in', 'nav');
  await tab.seeSignIn();
  await tab.click('Inspector', 'nav');
  assert.equal(await tab.evaluate(() => document.querySelector('#inspector-text').value), '');
  assert.equal(await tab.evaluate(() => document.querySelector('#findings').innerText), '');
});

everywhere('a refusal has its reason, and what is refused is only claimed', async (t, { browser, serve }) => {
  const server = await serve('--page-developer');
  const { cookies, view, ask } = await logIn(server);
  const [header, payload, signature] = view.statement.split('.');
  const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  await ask('/logout', { method: 'POST' });
  const tab = await visit(t, browser, server, { path: '/#inspector' });
  await paste(tab, view.statement);
  await tab.see('Refused: revoked');
  await tab.see('This is only what it claims. Anyone could have written it.');
  await tab.assertAccessible();
  for (const [text, words] of [
    [forged, 'Refused: bad_signature'],
    ['a.b.c', 'This isn’t a session statement'],
    ['theme=dark; lang=en', 'No session cookie and no statement in this text'],
    [`${cookies[0]}x`, 'This isn’t a session cookie (version 1)'],
    [`v1.${'a'.repeat(600)}`, 'This is too long for a session cookie'],
    [`__Host-session=planted; ${cookies[0]}`, 'This isn’t a session cookie (version 1)'],
  ]) {
    await paste(tab, text);
    await tab.see(words);
  }
  await tab.see('Not checked');
  assert.deepEqual(await tab.faults(), []);
});

everywhere(
  'a session that ends while somebody inspects it leaves nothing of it in sight',
  async (t, { browser, serve }) => {
    const server = await serve('--page-developer');
    const tab = await visit(t, browser, server);
    await tab.enter();
    const { body } = await tab.ask('/session');
    await tab.click('Developer');
    await tab.click('Inspector');
    await paste(tab, body.statement);
    await tab.see('It belongs to this browser’s session.');
    await tab.click('Sign out', 'header');
    await tab.see('You’re signed out.');
    assert.ok(!(await tab.evaluate(() => document.body.textContent)).includes(body.statement));
    assert.equal(await tab.evaluate(() => document.querySelector('#inspector-text').value), '');
  },
);

everywhere('an ID is copied by its button', async (t, { browser, serve }) => {
  const server = await serve('--page-developer');
  const tab = await visit(t, browser, server, { path: '/#statement' });
  await tab.signIn();
  await tab.see('Verified in this browser');
  const id = await tab.text('session-id');
  await tab.click('Copy', '#statement');
  await tab.see('Copied');
  await tab.click('Inspector');
  await tab.fill(LABEL, '');
  await tab.press('Paste');
  await tab.until((copied) => document.querySelector('#inspector-text').value === copied, id);
});

inEveryBrowser('what is for developers is shown only where it is wanted', async (t, browser) => {
  const server = await startServer(t);
  const tab = await visit(t, browser, server, { path: '/#inspector' });
  await tab.seeSignIn();
  assert.equal(await tab.evaluate(() => document.querySelector('#views').checkVisibility()), false);
  await tab.enter();
  const links = () => [...document.querySelectorAll('nav a')].filter((a) => a.checkVisibility()).length;
  assert.equal(await tab.evaluate(links), 3);
  for (const view of ['statement', 'data', 'inspector']) {
    await tab.goto(`/#${view}`);
    await tab.see('Signed in until');
    assert.equal(await tab.evaluate((id) => document.getElementById(id).hidden, view), true);
  }
  const loaded = () => performance.getEntriesByType('resource').map(({ name }) => name);
  assert.deepEqual(
    (await tab.evaluate(loaded)).filter((name) => name.includes('developer')),
    [],
  );
});
