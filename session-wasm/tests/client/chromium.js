// Pages in Chromium, as a person has them: tabs of one profile, real keys, and signing in.

import { chromium } from 'playwright-core';

import { program } from '../../../testing/programs.js';
import { USER } from '../../../testing/server.js';
import { address } from './proxy.js';

export const launch = (options) =>
  chromium.launch({
    ...options,
    executablePath: program('CHROMIUM'),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });

/** A browser profile that ends with the test, signed in unless told otherwise. */
export async function newProfile(t, browser, server, { signedIn = true, ...options } = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  if (signedIn) await signIn(context, server);
  return context;
}

export async function signIn(context, { origin }) {
  const answer = await context.request.post(`${origin}/login`, { data: USER });
  if (!answer.ok()) throw new Error(`POST /login: ${answer.status()}`);
  return answer.json();
}

/** A tab with the page of the tests; what a page must never do ends the test. */
export async function open(context, { origin }, options = {}, query = {}) {
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(address(origin, options, query));
  await page.waitForFunction(() => globalThis.client);
  return page;
}

export const state = (page) => page.evaluate(() => client.state);

/** Waits until the state has these members. */
export const until = (page, members) =>
  page.waitForFunction(
    (wanted) => Object.entries(wanted).every(([name, value]) => client.state[name] === value),
    members,
  );

/** Waits for an event of this type. */
export const event = (page, type) =>
  page
    .waitForFunction((wanted) => events.find((event) => event.type === wanted), type)
    .then((handle) => handle.jsonValue());
