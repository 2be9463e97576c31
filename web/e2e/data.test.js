// “Session data”: two people at one text, and nothing of either is lost.

import assert from 'node:assert/strict';
import { startRedis } from '../../testing/redis.js';
import { startServer } from '../../testing/server.js';
import { profile, visit } from './browsers.js';
import { everywhere, inEveryBrowser } from './stories.js';

const LABEL = 'Data (JSON object)';
const DEVELOPER = '--page-developer';
const data = async (tab) => (await tab.ask('/session/data')).body;
const shows = (tab, text) =>
  tab.until((part) => document.querySelector('#data-text').value.includes(part), text);

/** Which buttons of the editor would do something. */
const pressable = (tab) =>
  tab.evaluate(() => ['data-save', 'data-discard'].filter((id) => !document.getElementById(id).disabled));

/** A tab with the editor, showing what it is to begin with. */
async function open(t, browser, server, initial) {
  const tab = await visit(t, browser, server, { path: '/#data' });
  await tab.signIn();
  await tab.see('Revision 0');
  assert.deepEqual(await pressable(tab), [], 'there is nothing to save');
  await tab.fill(LABEL, initial);
  assert.deepEqual(await pressable(tab), ['data-save', 'data-discard']);
  await tab.click('Save');
  await tab.see('Saved.');
  assert.deepEqual(await pressable(tab), []);
  return tab;
}

/** A change in another place of the same session. */
const patch = (tab, change) =>
  tab.evaluate(async (body) => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch('/session/data', { method: 'PATCH', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(String(answer.status));
  }, change);

everywhere(
  'data is saved as it is written, and a fault is told with its line',
  async (t, { browser, serve }) => {
    const server = await serve(DEVELOPER);
    const tab = await open(t, browser, server, '{ "cart": ["book"], "note": null }');
    await tab.see('Revision 1');
    assert.deepEqual(await data(tab), { cart: ['book'], note: null });
    await tab.fill(LABEL, '{\n"cart": ["book"],\n"seen": 1 2\n}');
    await tab.see('Line 3: expected , or }');
    await tab.assertAccessible();
    await tab.click('Save');
    assert.equal(await tab.focused(), 'data-text');
    for (const [text, fault] of [
      ['[1]', 'Line 1: expected an object'],
      ['{"a": 1, "a": 2}', '"a" is there twice'],
      ['{"a": 12345678901234567890}', 'too many digits to be kept exactly'],
      ['{"a": "b}', 'a closing quote is missing'],
      ['{"a": tru}', 'expected a value'],
      ['{"a": 1} x', 'nothing after the last }'],
    ]) {
      await tab.fill(LABEL, text);
      await tab.see(fault);
    }
    assert.deepEqual(await data(tab), { cart: ['book'], note: null });
    await tab.click('Discard changes');
    await shows(tab, '"book"');
    assert.deepEqual(await tab.faults(), []);
  },
);

everywhere('what two tabs change in different members is all kept', async (t, { browser, serve }) => {
  const server = await serve(DEVELOPER);
  const visitor = await profile(t, browser);
  const [first, second] = [await visitor.newTab(server), await visitor.newTab(server)];
  await first.goto('/#data');
  await first.signIn();
  await first.see('Revision 0');
  await second.goto('/#data');
  await second.see('Revision 0');
  await second.fill(LABEL, '{"second": 2}');
  await first.fill(LABEL, '{"first": 1}');
  await first.click('Save');
  await first.see('Saved.');
  await second.click('Save');
  await second.see('The data was also changed elsewhere');
  await second.see('Only you changed this. Before: (nothing)');
  await second.click('Save selection');
  await second.see('Saved.');
  assert.deepEqual(await data(second), { first: 1, second: 2 });
  // The other tab has nothing of its own to lose, and follows as soon as it is looked at.
  await first.front();
  await shows(first, '"second": 2');
});

everywhere(
  'what both changed is shown side by side, and the person decides',
  async (t, { browser, serve }) => {
    const server = await serve(DEVELOPER);
    const tab = await open(t, browser, server, '{"cart": ["book"], "seen": 3, "old": true}');
    const mine = '{"cart": ["book", "lamp"], "seen": 3, "old": true}';
    await tab.fill(LABEL, mine);
    await patch(tab, { cart: ['book', 'pen'], seen: 4, old: null });
    await tab.click('Save');
    await tab.see('Changed by you and elsewhere. Please choose. Before: ["book"]');
    assert.equal(await tab.focused(), 'conflict-title');
    await tab.assertAccessible();

    // Without a choice nothing is saved.
    await tab.click('Save selection');
    assert.deepEqual(await data(tab), { cart: ['book', 'pen'], seen: 4 });
    await tab.click('Back to my changes');
    assert.equal(await tab.evaluate(() => document.querySelector('#data-text').value), mine);
    await tab.click('Save');
    await tab.click('Yours: ["book","lamp"]', '#conflict');
    // Somebody is faster once more.
    await patch(tab, { late: 1 });
    await tab.click('Save selection');
    await tab.see('late');
    await tab.click('Edit selection');
    await shows(tab, '"late": 1');
    await shows(tab, '"lamp"');
    await tab.click('Save');
    await tab.see('Saved.');
    assert.deepEqual(await data(tab), { cart: ['book', 'lamp'], seen: 4, late: 1 });
    assert.deepEqual(await tab.faults(), []);
  },
);

inEveryBrowser('what is being written outlives a store that is away', async (t, browser) => {
  const redis = await startRedis(t);
  const server = await startServer(t, DEVELOPER, '--store', redis.url);
  const tab = await open(t, browser, server, '{"cart": []}');
  await tab.fill(LABEL, '{"cart": ["book"]}');
  redis.freeze();
  await tab.click('Save');
  await tab.see('The server isn’t responding. Your changes are still here. Trying again…');
  redis.thaw();
  await tab.see('Saved.');
  assert.deepEqual(await data(tab), { cart: ['book'] });
});

everywhere(
  'a session that ends takes unsaved data along, and the page says so',
  async (t, { browser, serve }) => {
    const server = await serve(DEVELOPER, '--idle-timeout', '12s');
    const tab = await visit(t, browser, server, { path: '/#data' });
    await tab.signIn();
    await tab.see('Revision 0');
    await tab.fill(LABEL, '{"cart": []}');
    await tab.see(
      'You were signed out because you weren’t active for a while. Your unsaved changes are lost.',
    );
    assert.equal(await tab.evaluate(() => document.querySelector('#data-text').value), '');
  },
);

everywhere('signing out with unsaved data asks, and without any does not', async (t, { browser, serve }) => {
  const server = await serve(DEVELOPER);
  const tab = await open(t, browser, server, '{"cart": []}');
  await tab.fill(LABEL, '{"cart": ["book"]}');
  await tab.click('Account');
  await tab.click('Sign out', 'header');
  await tab.see('Sign out without saving?');
  await tab.assertAccessible();
  await tab.click('Cancel', '#confirm');
  assert.equal((await tab.ask('/session')).status, 200);
  await tab.click('Developer');
  await tab.click('Data');
  assert.equal(await tab.evaluate(() => document.querySelector('#data-text').value), '{"cart": ["book"]}');
  await tab.click('Sign out', 'header');
  await tab.click('Sign out without saving', '#confirm');
  await tab.see('You’re signed out. Your unsaved changes are lost.');
  await tab.signIn();
  await tab.see('Revision 0');
  await tab.click('Sign out', 'header');
  await tab.see('You’re signed out.');
  await tab.seeNoMore('unsaved');
});
