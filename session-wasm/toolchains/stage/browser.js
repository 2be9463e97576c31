import assert from 'node:assert/strict';
import puppeteer from 'puppeteer-core';

import { after } from '../../../testing/after.js';
import { NO_SANDBOX, program } from '../../../testing/programs.js';
import { assertStatements } from './scene.js';
import { serve } from './site.js';

/** What the page at `url` says in `globalThis.report`; its own errors are those of the test. */
export async function reported(t, url) {
  const browser = await puppeteer.launch({
    executablePath: program('CHROMIUM'),
    args: ['--disable-dev-shm-usage', ...NO_SANDBOX],
  });
  after(t, () => browser.close());
  const page = await browser.newPage();
  const failed = new Promise((_, fail) => page.on('pageerror', fail));
  const report = page.goto(url).then(async () => {
    const handle = await page.waitForFunction(() => globalThis.report);
    return handle.jsonValue();
  });
  return Promise.race([report, failed]);
}

/** Opens `guests/page.js`, which a tool has built into `folder`. */
export const assertPage = async (t, folder, scene) => assertPageAt(t, await serve(t, folder, scene));

/** Opens what runs `guests/page.js`, and judges what it says. */
export async function assertPageAt(t, url) {
  const { statements, presumed } = await reported(t, url);
  assertStatements(statements);
  assert.equal(presumed, true, 'the client loads the statement module where it needs it');
}
