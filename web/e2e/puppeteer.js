// Chromium and Firefox, by puppeteer: Chromium by its own protocol, which can pretend more, and
// Firefox by WebDriver BiDi.

import puppeteer from 'puppeteer-core';

import { NO_SANDBOX, program } from '../../testing/programs.js';

/** `hosts` are names for this machine. */
export async function openChromium({ hosts = [] }) {
  const names = `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ')}`;
  const args = ['--disable-dev-shm-usage', '--lang=en-GB', names, ...NO_SANDBOX];
  return driven(
    await puppeteer.launch({ executablePath: program('CHROMIUM'), args, acceptInsecureCerts: true }),
  );
}

export async function openFirefox({ javaScript = true, hosts = [] }) {
  const extraPrefsFirefox = {
    'intl.locale.requested': 'en-GB',
    'javascript.enabled': javaScript,
    'network.dns.localDomains': hosts.join(','),
  };
  const executablePath = program('FIREFOX');
  const options = { browser: 'firefox', executablePath, extraPrefsFirefox, acceptInsecureCerts: true };
  return driven(await puppeteer.launch(options));
}

function driven(browser) {
  return {
    close: () => browser.close(),
    newProfile: async (options) => {
      const context = await browser.createBrowserContext();
      return {
        close: () => context.close(),
        cookies: (origin) =>
          context.cookies().then((all) => all.filter(({ domain }) => origin.includes(domain))),
        plant: (cookie) => context.setCookie(cookie),
        newPage: async () => prepare(await context.newPage(), options),
      };
    },
  };
}

const VIEWPORT = { width: 1280, height: 900 };

async function prepare(page, { viewport = VIEWPORT, userAgent, media, wallClock, javaScript = true }) {
  await page.setViewport(viewport);
  if (userAgent) await page.setUserAgent({ userAgent });
  if (media) await page.emulateMediaFeatures(Object.entries(media).map(([name, value]) => ({ name, value })));
  // Firefox cannot be told so late; it is told at its start.
  if (!javaScript && !isFirefox(page)) await page.setJavaScriptEnabled(false);
  if (wallClock) await page.evaluateOnNewDocument(setWallClock, wallClock);
  return pageDriver(page, watch(page));
}

const isFirefox = (page) => page.browser().protocol === 'webDriverBiDi';

/** What a page must never do. */
function watch(page) {
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  return faults;
}

const pageDriver = (page, faults) => ({
  faults,
  page,
  goto: (url) => page.goto(url),
  reload: () => page.reload(),
  evaluate: (work, ...args) => page.evaluate(work, ...args),
  // As a debugger does, which the page's Content Security Policy does not bind.
  inject: (source) => page.evaluate(`${source};undefined`),
  clickAt: (x, y) => page.mouse.click(x, y),
  type: (text) => page.keyboard.type(text),
  press: (key) => page.keyboard.press(key),
  close: () => page.close({ runBeforeUnload: false }),
  front: () => page.bringToFront(),
});

/** Every clock of the page but `performance.now()` stands at another time, as on a machine that is set wrong. */
function setWallClock(time) {
  const ahead = time - Date.now();
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length > 0 ? args : [RealDate.now() + ahead]));
    }
    static now() {
      return RealDate.now() + ahead;
    }
  };
}
