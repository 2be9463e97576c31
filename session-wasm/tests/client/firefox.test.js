// The main path in Firefox, which has input, tabs and locks of its own making.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch } from 'puppeteer-core';

import { program } from '../../../testing/programs.js';
import { USER } from '../../../testing/server.js';
import { address } from './proxy.js';
import { startServer } from './stage.js';

let browser;
before(async () => {
  browser = await launch({ browser: 'firefox', executablePath: program('FIREFOX'), headless: true });
});
after(() => browser.close());

test('Firefox learns of the session, counts real input, and shares it among tabs', async (t) => {
  const server = await startServer(t, '--idle-timeout', '14s');
  const context = await browser.createBrowserContext();
  t.after(() => context.close());
  const first = await open(context, server, '0');
  await first.waitForFunction(() => client.state.status === 'signed_out');
  await first.evaluate(async (user) => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch('/login', { method: 'POST', headers, body: JSON.stringify(user) });
    client.adopt(await answer.json());
  }, USER);
  await first.waitForFunction(() => client.state.verdict?.ok);

  const second = await open(context, server, '1');
  await second.waitForFunction(() => client.state.confirmed && client.state.verdict?.ok);
  const { view } = await second.evaluate(() => client.state);
  assert.equal(view.subject, 'demo');

  await second.evaluate(() => dispatchEvent(new KeyboardEvent('keydown', { key: 'a' })));
  const isActive = ({ path, passive }) => path === '/session' && !passive;
  await second.waitForFunction((deadline) => deadline - client.now() < 6, {}, view.idle_expires_at);
  assert.deepEqual(server.proxy.seen.filter(isActive), []);
  await second.focus('#field');
  await second.keyboard.press('a');
  for (const tab of [first, second]) {
    await tab.waitForFunction(
      (before) => client.state.view.idle_expires_at > before,
      {},
      view.idle_expires_at,
    );
  }
  assert.equal(server.proxy.seen.filter(isActive).length, 1);

  // Nobody touches it any more. Of so short a time the tab in front alone is sure to be warned.
  for (const tab of [first, second]) {
    await tab.waitForFunction(() => client.state.status === 'ended');
    assert.equal((await tab.evaluate(() => client.state)).reason, 'idle');
  }
  const told = await second.evaluate(() => events.map(({ type }) => type));
  assert.deepEqual(
    told.filter((type) => type !== 'changed'),
    ['expiring', 'ended'],
  );
});

async function open(context, { origin }, tab) {
  const page = await context.newPage();
  await page.goto(address(origin, { pollEvery: 1 }, { tab }));
  await page.waitForFunction(() => globalThis.client);
  return page;
}
