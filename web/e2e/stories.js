// Where a story is told: in every browser, and on every store that sessions can be kept in.

import { after, test } from 'node:test';

import { BROWSERS, closeBrowsers } from './browsers.js';
import { STORES, startServer } from './stage.js';

after(closeBrowsers);

/** For what does not depend on the store, or sets up its own. */
export function inEveryBrowser(name, story) {
  for (const browser of BROWSERS) test(`${browser}: ${name}`, (t) => story(t, browser));
}

/**
 * `story` is given the browser, `serve(...flags)`, which starts a server on the store, and `flags()`,
 * which a server of another kind needs for it.
 */
export function everywhere(name, story) {
  for (const browser of BROWSERS) {
    for (const [store, flagsOf] of Object.entries(STORES)) {
      test(`${browser}, ${store}: ${name}`, (t) => {
        const flags = () => flagsOf(t);
        const serve = async (...more) => startServer(t, ...(await flags()), ...more);
        return story(t, { browser, serve, flags });
      });
    }
  }
}
