// What a person does in a tab, whatever browser it is of. A driver gives `goto`, `reload`, `evaluate`,
// `clickAt`, `moveTo`, `type`, `press` and `close`; the rest is here, so that every browser is asked the same.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { USER } from '../../testing/server.js';

const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** Seconds that something may take to show; a busy machine is slow. */
const PATIENCE = 30;

export class Tab {
  constructor(driver, origin) {
    this.driver = driver;
    this.origin = origin;
  }

  goto = (path = '/') => this.driver.goto(path.startsWith('http') ? path : this.origin + path);
  reload = () => this.driver.reload();
  evaluate = (work, ...args) => this.driver.evaluate(work, ...args);
  type = (text) => this.driver.type(text);
  press = (key) => this.driver.press(key);
  close = () => this.driver.close();
  /** Lets no script come before the function is called that this gives. */
  holdScripts = () => this.driver.holdScripts();
  /** Brings the tab to the front of its window. */
  front = () => this.driver.front();

  /** Waits until `condition`, which runs in the page, holds, and gives what it gave. */
  async until(condition, ...args) {
    const end = performance.now() + PATIENCE * 1000;
    for (;;) {
      // A page that is about to go cannot be asked.
      const result = await this.evaluate(condition, ...args).catch((error) => {
        if (performance.now() >= end) throw error;
      });
      if (result) return result;
      if (performance.now() >= end) break;
      await pause(50);
    }
    const seen = await this.evaluate(() => document.body.innerText);
    throw new Error(`in vain: ${condition}, with ${JSON.stringify(args)}; the page shows:\n${seen}`);
  }

  /** Waits until this is to be read on the page: a text or a pattern. */
  see = (text) => this.until(isSeen, text.source ?? text, text instanceof RegExp);
  seeNoMore = (text) => this.until((gone) => !document.body.innerText.includes(gone), text);

  /** Clicks what has this name, by a pointer in its middle, when it can be clicked. */
  async click(name, within = 'body') {
    const [x, y] = await this.until(place, name, within);
    await this.driver.clickAt(x, y);
  }

  /** Puts the pointer on the middle of the first thing there is of this selector, without a click. */
  async hover(selector) {
    const [x, y] = await this.until(middle, selector);
    await this.driver.moveTo(x, y);
  }

  /** Writes into the field of this label, in place of what is there, and waits until it stands there. */
  async fill(label, text) {
    await this.until(hasCaret);
    await this.until(isReadyFor, label);
    await this.press('Delete');
    await this.type(text);
    await this.until(hasText, label, text);
  }

  text = (id) => this.evaluate((name) => document.getElementById(name).textContent, id);
  focused = () => this.evaluate(() => document.activeElement.id);

  /** What the server says to this browser: the status, and what it sent. */
  ask = (path) =>
    this.evaluate(async (url) => {
      const answer = await fetch(url, { headers: { 'Session-Activity': 'passive' } });
      return { status: answer.status, body: await answer.json() };
    }, path);

  /** Nobody is signed in here. */
  seeSignIn = () => this.see('with your Session account');

  async signIn(password = USER.password) {
    await this.fill('Username', USER.username);
    await this.fill('Password', password);
    await this.click('Sign in', 'form');
  }

  /** Signs in, and waits for a verified session. */
  async enter() {
    await this.signIn();
    await this.see('Verified in this browser');
  }

  async assertAccessible() {
    if (!(await this.evaluate(() => 'axe' in globalThis))) await this.driver.inject(AXE);
    const violations = await this.evaluate(accessibility);
    if (violations.length > 0) throw new Error(`not accessible:\n${violations.join('\n')}`);
  }

  /** What the console shows in red. */
  errors = () => this.driver.errors;

  /** What must never be: errors, broken rules of the Content Security Policy, requests to others. */
  async faults() {
    const foreign = await this.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((url) => !url.startsWith('data:') && new URL(url).origin !== location.origin),
    );
    return [...this.driver.faults, ...foreign];
  }
}

function isSeen(text, isPattern) {
  const seen = document.body.innerText;
  return isPattern ? new RegExp(text).test(seen) : seen.includes(text);
}

/** Nobody types before the caret is seen in the field that has `autofocus`. */
function hasCaret() {
  const waits = document.querySelector('#username')?.autofocus && !location.hash;
  globalThis.hadCaret ||= !waits || document.activeElement !== document.body;
  return globalThis.hadCaret || document.visibilityState !== 'visible';
}

function isReadyFor(label) {
  const labels = [...document.querySelectorAll('label')].filter((each) => each.innerText.trim() === label);
  const field = labels.find((each) => each.checkVisibility())?.control;
  field?.focus();
  field?.select();
  return Boolean(field) && document.activeElement === field;
}

/** Some drivers answer before the page has had every key. */
function hasText(label, text) {
  const labels = [...document.querySelectorAll('label')].filter((each) => each.innerText.trim() === label);
  return labels.some(({ control }) => control?.value === text);
}

/** Where to click on what is called `name` and can be pressed; nothing as long as something else would be hit. */
function place(name, within) {
  const called = (each) => (each.ariaLabel ?? each.innerText).trim().replace(/\s+/g, ' ');
  const named = [...document.querySelector(within).querySelectorAll('button, a, label')].filter(
    (each) => called(each) === name && each.checkVisibility() && !each.disabled,
  );
  const target = named.at(-1);
  target?.scrollIntoView({ block: 'center', behavior: 'instant' });
  const box = target?.getBoundingClientRect();
  if (!box) return undefined;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return target.contains(document.elementFromPoint(x, y)) ? [x, y] : undefined;
}

function middle(selector) {
  const target = document.querySelector(selector);
  target?.scrollIntoView({ block: 'center', behavior: 'instant' });
  const box = target?.getBoundingClientRect();
  return box?.width ? [box.x + box.width / 2, box.y + box.height / 2] : undefined;
}

/** Once the page has stopped moving, since what is fading has no colours of its own. */
async function accessibility() {
  // What turns without an end, and what stands still behind another tab, is not waited for.
  const ends = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
  if (document.visibilityState === 'visible')
    await Promise.allSettled(ends.map((animation) => animation.finished));
  const { violations } = await globalThis.axe.run();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
}
