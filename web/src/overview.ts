/** “Your session”: whose it is, how long it goes on, and what was checked of that in this browser. */

import type { SignedIn } from 'session-wasm/client';
import * as checks from './checks';
import { element, onClick, write } from './page';
import * as server from './server';
import { client, current, nameOf, now } from './session';
import * as timeLine from './time-line';
import * as warning from './warning';
import { moment } from './words';

export function start(): void {
  onClick(element('renew', HTMLButtonElement), renew);
  warning.start();
  setInterval(tick, 1000);
}

export function show(state: SignedIn): void {
  const { view } = state;
  write('subject', nameOf(view));
  write('session-id', view.session_id);
  write('authenticated-at', moment(view.authenticated_at, now()));
  write('created-at', 'created_at' in view ? ` since ${moment(view.created_at, now())}` : '');
  timeLine.show(view);
  checks.show(state);
  warning.show(state);
}

export function clear(): void {
  warning.clear();
  write('done', '');
}

/** What changes by time alone. */
function tick(): void {
  const { state } = client;
  if (state.status !== 'signed_in') return;
  timeLine.show(state.view);
  checks.show(state);
  warning.show(state);
}

async function renew(): Promise<void> {
  const waiting = () => write('done', 'The server cannot renew the ID at this moment; trying again…');
  const answer = await server.insist(server.renew, waiting);
  if (answer.kind === 'ok') {
    client.adopt(answer.value);
    write('done', 'The session has a new ID and a new cookie.');
  } else {
    await client.refresh();
    if (current()) write('done', 'The ID was not renewed. Please try again.');
  }
}
