// WebKitGTK's own MiniBrowser, by WebDriver (https://www.w3.org/TR/webdriver2/), on a display of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { end, endGroup } from '../../testing/process.js';
import { miniBrowser } from '../../testing/programs.js';
import { freePort } from '../../testing/redis.js';

const KEYS = { Enter: '\uE007', Tab: '\uE004', Delete: '\uE017', Escape: '\uE00C', ' ': ' ' };

/** A driver takes one session at a time, so each profile has a driver, and one window. */
export async function openWebKit() {
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe'];
  const xvfb = start('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp'], {}, { stdio });
  const [display] = await once(xvfb.stdio[3], 'data');
  return {
    close: () => end(xvfb),
    newProfile: () => newProfile(`:${String(display).trim()}`),
  };
}

async function newProfile(display) {
  const home = mkdtempSync(join(tmpdir(), 'session-webkit-'));
  const port = await freePort();
  const environment = { DISPLAY: display, HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home };
  // It leads a group of processes, so that what it starts can be ended with it.
  const options = { stdio: 'ignore', detached: true };
  const driver = start('WebKitWebDriver', [`--port=${port}`], environment, options);
  const origin = `http://127.0.0.1:${port}`;
  const session = await begin(origin);
  const command = (method, path, body) => send(method, `${origin}/session/${session}${path}`, body);
  return {
    cookies: () => command('GET', '/cookie'),
    plant: (cookie) => command('POST', '/cookie', { cookie }),
    newPage: async () => pageDriver(command),
    close: async () => {
      await command('DELETE', '');
      await endGroup(driver);
      rmSync(home, { recursive: true });
    },
  };
}

async function begin(origin) {
  const options = { binary: miniBrowser(), args: ['--automation'] };
  const always = { 'webkitgtk:browserOptions': options, acceptInsecureCerts: true };
  const capabilities = { alwaysMatch: always };
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await fetch(`${origin}/status`).catch(() => undefined)) break;
    await pause(50);
  }
  return (await send('POST', `${origin}/session`, { capabilities })).sessionId;
}

const pageDriver = (command) => ({
  faults: [],
  goto: (url) => command('POST', '/url', { url }),
  reload: () => command('POST', '/refresh', {}),
  evaluate: async (work, ...args) => {
    const script = `const done = arguments[0];
      Promise.resolve((${work})(...${JSON.stringify(args)})).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const result = await command('POST', '/execute/async', { script, args: [] });
    if (result.error) throw new Error(result.error);
    return result.value;
  },
  inject: (script) => command('POST', '/execute/sync', { script, args: [] }),
  clickAt: (x, y) =>
    command('POST', '/actions', {
      actions: [
        {
          type: 'pointer',
          id: 'mouse',
          actions: [
            { type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0 },
            { type: 'pointerDown', button: 0 },
            { type: 'pointerUp', button: 0 },
          ],
        },
      ],
    }),
  type: (text) => press(command, [...text]),
  press: (key) => press(command, [KEYS[key]]),
  close: () => command('DELETE', '/window'),
});

const press = (command, keys) =>
  command('POST', '/actions', {
    actions: [
      {
        type: 'key',
        id: 'keyboard',
        actions: keys.flatMap((value) => [
          { type: 'keyDown', value },
          { type: 'keyUp', value },
        ]),
      },
    ],
  });

async function send(method, url, body) {
  const answer = await fetch(url, { method, body: body ? JSON.stringify(body) : null });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`);
  return value;
}

function start(program, args, environment, options) {
  const child = spawn(program, args, { env: { ...process.env, ...environment }, ...options });
  child.on('error', () => {
    throw new Error(`missing: ${program}; install the Debian packages webkit2gtk-driver and xvfb`);
  });
  return child;
}
