// The real server, for one test: its data in a folder of its own, and all of it gone afterwards.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { after, folder } from './after.js';
import { end, firstLine } from './process.js';
import { given } from './programs.js';

export const USER = { username: 'demo', password: 'correct horse battery staple' };

const KEYS = 'session-data/keys.json';

/** A server with one user. `flags` are those of `session-server serve`. */
export async function startServer(t, ...flags) {
  const dir = folder(t);
  await run(dir, ['keys', 'new']);
  await run(dir, ['user', 'add', USER.username, '--password-stdin'], USER.password);

  let child;
  const file = join(dir, KEYS);
  const server = {
    /** Where it listens, which is what clients know it by unless something stands before it. */
    address: 'http://127.0.0.1:0',
    get origin() {
      return server.address;
    },
    keys: () => JSON.parse(readFileSync(file, 'utf8')),
    /** Takes effect at the next start. */
    writeKeys: (ring) => writeFileSync(file, JSON.stringify(ring)),
    /** At the same address as before, if there was one. */
    async start() {
      child = start(dir, ['serve', '--listen', new URL(server.address).host, ...flags]);
      server.address = (await firstLine(child, /^serving on (\S+)/))[1];
    },
    stop: async () => child && end(child),
    /** It takes connections and answers nothing. */
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
  after(t, server.stop);
  await server.start();
  return server;
}

/** A key ring of fresh keys, as `session-server keys new` makes it. */
export async function newKeys(t) {
  const dir = folder(t);
  await run(dir, ['keys', 'new']);
  return JSON.parse(readFileSync(join(dir, KEYS), 'utf8'));
}

/**
 * A session of somebody who is no browser: its cookies, one by one and as the header `cookie`, the
 * `value` of the session cookie, what the server said, and `ask(path)`, which asks on.
 */
export async function logIn(
  { origin },
  userAgent = 'Mozilla/5.0 (Windows NT 10.0) Firefox/153.0',
  forwarded = {},
) {
  const headers = { 'Content-Type': 'application/json', 'User-Agent': userAgent, ...forwarded };
  const answer = await fetch(`${origin}/login`, { method: 'POST', headers, body: JSON.stringify(USER) });
  if (!answer.ok) throw new Error(`login was answered with ${answer.status}`);
  const cookies = answer.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
  const cookie = cookies.join('; ');
  const [, value] = cookie.match(/(?:^|; )__Host-session=([^;]*)/);
  const view = await answer.json();
  const ask = (path, init = {}) =>
    fetch(`${origin}${path}`, { ...init, headers: { ...init.headers, Cookie: cookie } });
  return { cookies, cookie, value, view, statement: view.statement, ask };
}

export async function logOut({ origin }, { cookie }) {
  const answer = await fetch(`${origin}/logout`, { method: 'POST', headers: { Cookie: cookie } });
  if (answer.status !== 204) throw new Error(`logout was answered with ${answer.status}`);
}

function start(cwd, args, stdin = 'ignore') {
  const env = { ...process.env, SESSION_LOG: 'error' };
  return spawn(given('SERVER_BINARY'), args, { cwd, env, stdio: [stdin, 'pipe', 'inherit'] });
}

/** With an input only where one is read: a program that ends first breaks the pipe. */
async function run(cwd, args, input) {
  const child = start(cwd, args, input ? 'pipe' : 'ignore');
  child.stdout.resume();
  child.stdin?.end(input);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`session-server ${args.join(' ')} exited with ${code}`);
}
