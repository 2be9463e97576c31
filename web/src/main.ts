/** Puts the parts together: what the client tells of the session becomes what is seen. */

import type { ClientState } from 'session-wasm/client';
import * as data from './data';
import * as devices from './devices';
import * as inspector from './inspector';
import * as overview from './overview';
import { element, onClick, write } from './page';
import * as server from './server';
import { client, farewell, nameOf } from './session';
import * as signIn from './sign-in';
import * as views from './views';

const root = document.documentElement;
root.dataset.scripted = '';

/** What was lost with the session that has just ended. */
let lost = '';

function render(state: ClientState): void {
  const isSignedIn = state.status === 'signed_in';
  element('who-bar', HTMLElement).hidden = !isSignedIn;
  write('outage', state.unavailable ? outage(isSignedIn) : '');
  if (state.status === 'asking') return;
  if (isSignedIn) {
    write('who-bar-name', nameOf(state.view));
    overview.show(state);
  } else if (root.dataset.state !== 'signed-out') {
    overview.clear();
    devices.clear();
    lost = data.clear();
  }
  write('farewell', isSignedIn ? '' : lost + farewell(state));
  const hasComeIn = isSignedIn && root.dataset.state !== 'signed-in';
  root.dataset.state = isSignedIn ? 'signed-in' : 'signed-out';
  views.show(isSignedIn);
  if (hasComeIn) signIn.passOn();
}

const outage = (isSignedIn: boolean) =>
  `The server does not answer. ${isSignedIn ? 'You stay signed in; trying' : 'Trying'} again…`;

async function signOut(): Promise<void> {
  const answer = await server.insist(server.signOut, () =>
    write('outage', 'The server cannot confirm that you are signed out yet. Trying again…'),
  );
  if (answer.kind === 'ok' || answer.kind === 'no_session') client.signedOut();
  else write('outage', 'The server refused to sign you out. Please reload the page.');
}

function begin(): void {
  root.dataset.state = 'asking';
  signIn.start();
  overview.start();
  devices.start();
  data.start();
  inspector.start();
  onClick(element('sign-out', HTMLButtonElement), signOut);
  views.follow();
  client.addEventListener('changed', ({ detail }) => render(detail));
  client.start();
}

begin();
