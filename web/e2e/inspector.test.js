// The inspector says what it sees, and keeps it to itself.

import assert from 'node:assert/strict';
import { logIn } from '../../testing/server.js';
import { visit } from './browsers.js';
import { everywhere } from './stories.js';

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
    const server = await serve();
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
    await tab.see('Its tag can be checked only where the key is');
    await tab.see(/Expires at\n.*\(in 12 hours\)/);
    await tab.see('Signature: Ed25519, by the public key');
    assert.ok(!(await tab.evaluate(() => document.querySelector('#findings').innerText)).includes(secret));
    await tab.assertAccessible();
    assert.deepEqual(await tab.faults(), []);
  },
);

everywhere('what is pasted makes no request, and is gone when one leaves', async (t, { browser, serve }) => {
  const server = await serve();
  const { cookies, view } = await logIn(server);
  const tab = await visit(t, browser, server, { path: '/#inspector' });
  await paste(tab, view.statement);
  await tab.see('Authentic and current');
  const before = await requests(tab);
  await tab.fill(LABEL, cookies[0]);
  await tab.see('Not checked');
  await tab.click('Clear');
  assert.equal(await tab.evaluate(() => document.querySelector('#findings').innerText), '');
  await paste(tab, view.statement);
  await tab.see('Authentic and current');
  assert.equal(await requests(tab), before);
  await tab.click('Sign in', 'nav');
  await tab.see('to see your session and your devices');
  await tab.click('Inspector', 'nav');
  assert.equal(await tab.evaluate(() => document.querySelector('#inspector-text').value), '');
  assert.equal(await tab.evaluate(() => document.querySelector('#findings').innerText), '');
});

everywhere('a refusal has its reason, and what is refused is only claimed', async (t, { browser, serve }) => {
  const server = await serve();
  const { cookies, view, ask } = await logIn(server);
  const [header, payload, signature] = view.statement.split('.');
  const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  await ask('/logout', { method: 'POST' });
  const tab = await visit(t, browser, server, { path: '/#inspector' });
  await paste(tab, view.statement);
  await tab.see('Refused: revoked');
  await tab.see('What follows is what it claims. Anybody can write that.');
  await tab.assertAccessible();
  for (const [text, words] of [
    [forged, 'Refused: bad_signature'],
    ['a.b.c', 'This is not a session statement'],
    ['theme=dark; lang=en', 'There is no session cookie and no statement in this'],
    [`${cookies[0]}x`, 'This is not a session cookie of version 1'],
    [`v1.${'a'.repeat(600)}`, 'This is longer than any session cookie'],
    [`__Host-session=planted; ${cookies[0]}`, 'This is not a session cookie of version 1'],
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
    const server = await serve();
    const tab = await visit(t, browser, server);
    await tab.enter();
    const { body } = await tab.ask('/session');
    await tab.click('Inspector');
    await paste(tab, body.statement);
    await tab.see('It names the session of this browser.');
    await tab.click('Sign out', 'header');
    await tab.see('You are signed out.');
    assert.ok(!(await tab.evaluate(() => document.body.textContent)).includes(body.statement));
    assert.equal(await tab.evaluate(() => document.querySelector('#inspector-text').value), '');
  },
);
