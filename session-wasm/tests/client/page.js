// Runs in the page of the tests, and keeps what the client says for them.

import { SessionClient } from './client.js';

export const client = new SessionClient(
  JSON.parse(new URLSearchParams(location.search).get('options')) ?? {},
);
export const events = [];
for (const type of ['changed', 'expiring', 'ended']) {
  client.addEventListener(type, ({ detail }) => events.push({ type, at: client.now(), state: detail }));
}
if (!new URLSearchParams(location.search).has('later')) client.start();
Object.assign(globalThis, { SessionClient, client, events });
