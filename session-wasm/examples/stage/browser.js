import puppeteer from 'puppeteer-core';

import { after } from '../../../testing/after.js';
import { NO_SANDBOX, program } from '../../../testing/programs.js';

const BROWSERS = {
  chromium: { browser: 'chrome', variable: 'CHROMIUM', args: ['--disable-dev-shm-usage', ...NO_SANDBOX] },
  firefox: { browser: 'firefox', variable: 'FIREFOX' },
};

export const browsers = Object.keys(BROWSERS);

/** A fresh profile, driven by WebDriver BiDi, for one test. */
export async function openPage(t, name) {
  const { variable, ...options } = BROWSERS[name];
  const executablePath = program(variable);
  const browser = await puppeteer.launch({ executablePath, protocol: 'webDriverBiDi', ...options });
  after(t, () => browser.close());
  return browser.newPage();
}
