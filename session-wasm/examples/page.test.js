import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, newKeys, startServer } from '../../testing/server.js';
import { browsers, openPage } from './stage/browser.js';
import { BROWSER, bundle } from './stage/bundle.js';
import { startSite } from './stage/front.js';
import { mintStatement, tamper } from './stage/mint.js';
import { until } from './stage/until.js';

const FILES = ['index.html', 'page.js', 'service-worker.js'].map((file) => `page/${file}`);

async function openSite(t, browser) {
  let server;
  const origin = await startSite(t, await bundle(t, FILES, BROWSER), () => server.origin);
  server = await startServer(t, `--public-origin=${origin}`);
  const page = await openPage(t, browser);
  const shows = (text) =>
    page.waitForFunction((expected) => document.querySelector('#who')?.value === expected, {}, text);
  const reload = async (text) => {
    await page.reload();
    await shows(text);
  };
  await page.goto(origin);
  await shows('nobody');
  return { server, origin, page, shows, reload };
}

async function signIn({ page, shows }) {
  await page.type('[name=username]', 'demo');
  await page.type('[name=password]', 'correct horse battery staple');
  await page.click('[action="/login"] button');
  await shows('demo');
}

/** What the worker keeps, by other hands. */
const plant = (page, statement) =>
  page.evaluate(async (text) => {
    const store = await caches.open('session');
    await store.put('/kept/statement', new Response(text));
  }, statement);

const kept = (page) =>
  page.evaluate(async () => (await (await caches.open('session')).match('/kept/statement'))?.text());

/** Every session of this user, on whatever device. */
async function revokeAll({ server }) {
  const { cookie } = await logIn(server);
  const answer = await fetch(`${server.origin}/sessions`, { method: 'DELETE', headers: { Cookie: cookie } });
  assert.equal(answer.status, 204);
}

for (const browser of browsers) {
  test(`${browser}: while the server is away, the page shows what its statement says`, async (t) => {
    const site = await openSite(t, browser);
    await signIn(site);
    await site.server.stop();
    await site.reload('demo, when the server was last there');
    await site.server.start();
    await site.reload('demo');
  });

  test(`${browser}: only a statement of the server that is still good is believed`, async (t) => {
    const site = await openSite(t, browser);
    const { server, page, origin: issuer } = site;
    await signIn(site);
    const good = await kept(page);
    const ring = server.keys().statement;
    const foreign = (await newKeys(t)).statement;
    await server.stop();

    const statements = {
      garbage: 'garbage',
      tampered: tamper(good),
      'of another key': mintStatement(foreign, { issuer }),
      'of another issuer': mintStatement(ring, { issuer: 'https://evil.example' }),
      expired: mintStatement(ring, { issuer, issuedAt: 1_700_000_000 }),
      'not yet valid': mintStatement(ring, { issuer, issuedAt: Math.floor(Date.now() / 1000) + 3600 }),
    };
    for (const statement of Object.values(statements)) {
      await plant(page, statement);
      await site.reload('nobody can say');
    }
    // The same way of planting, so that the above was refused for what it said.
    await plant(page, good);
    await site.reload('demo, when the server was last there');
  });

  test(`${browser}: logging out, here or elsewhere, leaves no statement behind`, async (t) => {
    const site = await openSite(t, browser);
    await signIn(site);
    await site.page.click('[action="/logout"] button');
    await site.shows('nobody');
    assert.equal(await kept(site.page), undefined);

    await signIn(site);
    await revokeAll(site);
    await site.reload('nobody');
    assert.equal(await kept(site.page), undefined);
    await site.server.stop();
    await site.reload('nobody can say');
  });

  test(`${browser}: a slow answer does not bring back what a log-out has removed`, async (t) => {
    const site = await openSite(t, browser);
    await signIn(site);
    site.server.freeze();
    await site.page.evaluate(() => {
      globalThis.answers = [fetch('/session'), fetch('/logout', { method: 'POST' })];
    });
    // The log-out has reached the worker when nothing is kept any more.
    await until(async () => (await kept(site.page)) === undefined);
    site.server.thaw();
    await site.page.evaluate(() => Promise.all(globalThis.answers));
    assert.equal(await kept(site.page), undefined);
  });
}
