// The hooks, by the real frameworks: rendered by a server, taken over by a page, in Chromium.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

import { folder } from '../../../testing/after.js';
import { launch, newProfile } from './chromium.js';
import { startServer } from './stage.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PAGE = '/client-test/hook';
const FEED = '/.well-known/session-revocations';
const QUESTION = { path: '/session', passive: true };

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const options = {
  bundle: true,
  format: 'esm',
  absWorkingDir: HERE,
  // Where this package is linked to, there are no frameworks beside it.
  nodePaths: [`${HERE}node_modules`],
  define: {
    'process.env.NODE_ENV': '"development"',
    __VUE_OPTIONS_API__: 'true',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'true',
  },
  logLevel: 'warning',
};

/** What a server without a page renders, where starting the client would fail. */
async function rendered(t, framework) {
  const outfile = `${folder(t)}/server.mjs`;
  const contents = `
    import { SessionClient } from 'session-wasm/client';
    import { render } from './hooks/${framework}.js';
    const client = new SessionClient({ baseUrl: 'https://app.example' });
    export const html = await render(client);`;
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire('/');" };
  const stdin = { contents, resolveDir: HERE };
  await build({ ...options, stdin, outfile, platform: 'node', banner });
  return (await import(pathToFileURL(outfile))).html;
}

async function script(framework) {
  const contents = `
    import { SessionClient } from 'session-wasm/client';
    import { takeOver } from './hooks/${framework}.js';
    const page = { client: new SessionClient({ pollEvery: 2 }), renders: [], complaints: [] };
    globalThis.page = page;
    globalThis.begin = () => takeOver(document.querySelector('#root'), page.client, page);`;
  const stdin = { contents, resolveDir: HERE };
  const { outputFiles } = await build({ ...options, stdin, write: false, outdir: HERE, splitting: false });
  return outputFiles[0].text;
}

for (const framework of ['react', 'vue']) {
  async function openPage(t) {
    const server = await startServer(t);
    const html = await rendered(t, framework);
    const title = `<!doctype html><meta charset="utf-8"><title>hook</title><link rel="icon" href="data:,">`;
    const body = `<div id="root">${html}</div><script type="module" src="${PAGE}.js"></script>`;
    server.proxy.files = {
      [PAGE]: { type: 'text/html', body: title + body },
      [`${PAGE}.js`]: { type: 'text/javascript', body: await script(framework) },
    };
    const context = await newProfile(t, browser, server);
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(server.origin + PAGE);
    const shows = (text) =>
      page.waitForFunction((wanted) => document.querySelector('#who')?.textContent === wanted, text);
    return { server, context, page, shows, errors, html };
  }

  test(`${framework}: what a server rendered is taken over without a complaint, and then shows who is here`, async (t) => {
    const { page, shows, errors, html } = await openPage(t);
    assert.match(html, /<output id="who">asking<\/output>/);
    await shows('asking');
    await page.evaluate(() => begin());
    await shows('demo is here');
    const { renders, complaints } = await page.evaluate(() => globalThis.page);
    assert.equal(renders[0], 'asking');
    assert.deepEqual(complaints, []);
    assert.deepEqual(errors, []);
  });

  test(`${framework}: an end elsewhere shows`, async (t) => {
    const { server, context, page, shows } = await openPage(t);
    await page.evaluate(() => begin());
    await shows('demo is here');
    await context.request.post(`${server.origin}/logout`);
    await page.evaluate(() => globalThis.page.client.refresh());
    await shows('ended');
  });

  test(`${framework}: between two components the client goes on, and no listener stays behind`, async (t) => {
    const { server, page, shows } = await openPage(t);
    const asked = server.proxy.next(QUESTION);
    await page.evaluate(() => begin());
    await shows('demo is here');
    // What is shown may be the statement cookie's word, before the server is asked.
    await asked;
    // A client that begins anew asks. That somebody clicks is told to the server too, and is no such question.
    const questions = () =>
      server.proxy.seen.filter(({ path, passive }) => path === QUESTION.path && passive).length;
    const before = questions();

    await page.click('button');
    await page.waitForFunction(() => !document.querySelector('#who'));
    const renders = () => page.evaluate(() => globalThis.page.renders.length);
    const count = await renders();
    await page.evaluate(() => globalThis.page.client.dispatchEvent(new CustomEvent('changed')));
    assert.equal(await renders(), count);

    await page.click('button');
    await shows('demo is here');
    // It would have asked before it looks at the feed.
    await server.proxy.next({ path: FEED });
    assert.equal(questions(), before);
  });
}
