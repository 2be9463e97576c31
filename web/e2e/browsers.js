// The browsers of the tests, each with profiles that know nothing of each other.

import * as puppeteer from './puppeteer.js';
import { Tab } from './tab.js';
import { openWebKit } from './webkitgtk.js';

const OPEN = {
  chromium: puppeteer.openChromium,
  firefox: puppeteer.openFirefox,
  webkitgtk: openWebKit,
};

/** Those that take every story. */
export const BROWSERS = ['chromium', 'firefox'];
export const EVERY_BROWSER = Object.keys(OPEN);

const running = new Map();

/** A tab in a profile of its own, at `path` of the server. */
export async function visit(t, name, server, { path = '/', ...options } = {}) {
  const tab = await (await profile(t, name, options)).newTab(server);
  await tab.goto(path);
  return tab;
}

/** A browser profile for one test. */
export async function profile(t, name, options = {}) {
  // What a browser is told when it starts makes it another browser.
  const { javaScript, hosts, language, zone } = options;
  const key = `${name} ${javaScript} ${hosts} ${language} ${zone}`;
  if (!running.has(key)) running.set(key, OPEN[name](options));
  const browser = await running.get(key);
  const made = await browser.newProfile(options);
  t.after(() => made.close());
  return {
    newTab: async ({ origin }) => new Tab(await made.newPage(), origin),
    cookies: (origin) => made.cookies(origin),
    plant: (cookie) => made.plant(cookie),
  };
}

/** Ends every browser that was needed. */
export async function closeBrowsers() {
  for (const browser of running.values()) await (await browser).close();
}
