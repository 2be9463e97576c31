import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

globalThis.addEventListener('fetch', (event) => {
  const read = async (path) => (await fetch(new URL(path, event.request.url))).text();
  const reply = async () => Response.json(await conform({ cookie, statement }, read));
  event.respondWith(reply());
});
