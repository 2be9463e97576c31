// Chromium and Firefox, by puppeteer: Chromium by its own protocol, which can pretend more, and
// Firefox by WebDriver BiDi.

import { setTimeout as pause } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';

import { NO_SANDBOX, program } from '../../testing/programs.js';

const LANGUAGE = 'en-GB';
const told = (language) => [`--lang=${language}`, `--accept-lang=${language}`];
const environment = (zone) => ({ ...process.env, ...(zone && { TZ: zone }) });

/** `hosts` are names for this machine; `language` is what the visitor reads, and `zone` where they are. */
export async function openChromium({ hosts = [], language = LANGUAGE, zone }) {
  const names = `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ')}`;
  const args = ['--disable-dev-shm-usage', ...told(language), names, ...NO_SANDBOX];
  const executablePath = program('CHROMIUM');
  return driven(
    await puppeteer.launch({ executablePath, args, env: environment(zone), acceptInsecureCerts: true }),
  );
}

export async function openFirefox({ javaScript = true, hosts = [], language = LANGUAGE, zone }) {
  const extraPrefsFirefox = {
    'intl.locale.requested': LANGUAGE,
    'intl.accept_languages': language,
    'javascript.enabled': javaScript,
    'network.dns.localDomains': hosts.join(','),
  };
  const executablePath = program('FIREFOX');
  return driven(
    await puppeteer.launch({
      browser: 'firefox',
      executablePath,
      extraPrefsFirefox,
      env: environment(zone),
      acceptInsecureCerts: true,
    }),
  );
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
  return pageDriver(page, ...watch(page));
}

const isFirefox = (page) => page.browser().protocol === 'webDriverBiDi';

/** What a page must never do, and what its console shows in red. */
function watch(page) {
  const [faults, errors] = [[], []];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
    if (message.type() === 'error') errors.push(message.text());
  });
  return [faults, errors];
}

const pageDriver = (page, faults, errors) => ({
  faults,
  errors,
  page,
  goto: (url) => page.goto(url),
  reload: () => page.reload(),
  evaluate: (work, ...args) => page.evaluate(work, ...args),
  // As a debugger does, which the page's Content Security Policy does not bind.
  inject: (source) => page.evaluate(`${source};undefined`),
  clickAt: (x, y) => page.mouse.click(x, y),
  moveTo: (x, y) => page.mouse.move(x, y),
  type: (text) => page.keyboard.type(text),
  press: (key) => (key === 'Paste' ? paste(page) : page.keyboard.press(key)),
  close: () => page.close({ runBeforeUnload: false }),
  front: () => page.bringToFront(),
  holdScripts: () => holdScripts(page),
});

/** Each takes a while even then, as over a slow network. */
async function holdScripts(page) {
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  page.on('request', async (request) => {
    if (request.url().endsWith('.js')) await released.then(() => pause(200));
    await request.continue();
  });
  await page.setRequestInterception(true);
  return release;
}

/** As by the keys for it. */
async function paste({ keyboard }) {
  await keyboard.down('Control');
  await keyboard.press('v');
  await keyboard.up('Control');
}

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
