import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

globalThis.addEventListener('fetch', (event) => {
  const read = async (path) => (await fetch(new URL(path, event.request.url))).text();
  const reply = async () => Response.json(await conform({ CookieVerifier, StatementVerifier }, read));
  event.respondWith(reply());
});
