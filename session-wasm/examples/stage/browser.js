import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import puppeteer from 'puppeteer-core';

import { after } from './after.js';

// Only root needs it: a container's root may not make the namespaces of the sandbox.
const NO_SANDBOX = process.getuid() === 0 ? ['--no-sandbox'] : [];

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

function program(variable) {
  const name = process.env[variable];
  if (!name) throw new Error(`${variable} is not set; start this by \`cargo xtask test examples\``);
  const paths = process.env.PATH.split(delimiter).map((dir) => join(dir, name));
  return paths.find((path) => existsSync(path)) ?? name;
}
