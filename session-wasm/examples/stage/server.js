// The real server, for one test: its data in a folder of its own, and all of it gone afterwards.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { after, folder } from './after.js';
import { end, firstLine } from './process.js';

const USER = { username: 'demo', password: 'correct horse battery staple' };
const KEYS = 'session-data/keys.json';

/** A server with one user. `flags` are those of `session-server serve`. */
export async function startServer(t, ...flags) {
  const dir = folder(t);
  await run(dir, ['keys', 'new']);
  await run(dir, ['user', 'add', USER.username, '--password-stdin'], USER.password);

  let child;
  const file = join(dir, KEYS);
  const server = {
    origin: 'http://127.0.0.1:0',
    keys: () => JSON.parse(readFileSync(file, 'utf8')),
    /** Takes effect at the next start. */
    writeKeys: (ring) => writeFileSync(file, JSON.stringify(ring)),
    /** At the same address as before, if there was one. */
    async start() {
      child = start(dir, ['serve', '--listen', new URL(server.origin).host, ...flags]);
      server.origin = (await firstLine(child, /^serving on (\S+)/))[1];
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

/** What a browser holds after signing in. `cookie` is the header it sends. */
export async function logIn({ origin }) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${origin}/login`, { method: 'POST', headers, body: JSON.stringify(USER) });
  if (!answer.ok) throw new Error(`login was answered with ${answer.status}`);
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
  const value = cookies.find((cookie) => cookie.startsWith('__Host-session=')).split('=')[1];
  const view = await answer.json();
  return { cookie: cookies.join('; '), value, view, statement: view.statement };
}

export async function logOut({ origin }, { cookie }) {
  const answer = await fetch(`${origin}/logout`, { method: 'POST', headers: { Cookie: cookie } });
  if (answer.status !== 204) throw new Error(`logout was answered with ${answer.status}`);
}

function start(cwd, args, stdin = 'ignore') {
  const program = process.env.SERVER_BINARY;
  if (!program) throw new Error('SERVER_BINARY is not set; start this by `cargo xtask test examples`');
  const env = { ...process.env, SESSION_LOG: 'error' };
  return spawn(program, args, { cwd, env, stdio: [stdin, 'pipe', 'inherit'] });
}

/** With an input only where one is read: a program that ends first breaks the pipe. */
async function run(cwd, args, input) {
  const child = start(cwd, args, input ? 'pipe' : 'ignore');
  child.stdout.resume();
  child.stdin?.end(input);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`session-server ${args.join(' ')} exited with ${code}`);
}
