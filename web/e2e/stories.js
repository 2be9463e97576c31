// Where a story is told: in browsers, and on the stores that sessions can be kept in.

import { after, test } from 'node:test';
import { startRedis } from '../../testing/redis.js';
import { startServer } from '../../testing/server.js';
import { BROWSERS, closeBrowsers } from './browsers.js';

after(closeBrowsers);

/** Where sessions are kept: each entry makes the flags of a server. */
export const STORES = {
  embedded: async () => [],
  redis: async (t) => ['--store', (await startRedis(t)).url],
};

const PAIRS = BROWSERS.flatMap((browser) => Object.keys(STORES).map((store) => [browser, store]));

/** Told so far. */
let stories = 0;

/**
 * Stories take turns in browsers and on stores; each goes everywhere where `EVERY_PAIR` is set, as
 * `cargo xtask test stories` does. The main path goes everywhere each time.
 */
function turns() {
  if (process.env.EVERY_PAIR) return PAIRS;
  stories += 1;
  return [PAIRS[stories % PAIRS.length]];
}

/** For what does not depend on the store, or sets up its own. */
export function inEveryBrowser(name, story) {
  for (const browser of BROWSERS) test(`${browser}: ${name}`, (t) => story(t, browser));
}

/**
 * `story` is given the browser, `serve(...flags)`, which starts a server on the store, and `flags()`,
 * which a server of another kind needs for it.
 */
export function everywhere(name, story) {
  for (const [browser, store] of turns()) {
    test(`${browser}, ${store}: ${name}`, (t) => {
      const flags = () => STORES[store](t);
      const serve = async (...more) => startServer(t, ...(await flags()), ...more);
      return story(t, { browser, serve, flags });
    });
  }
}
