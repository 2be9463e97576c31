/** Puts the parts together: what the client tells of the session becomes what is seen. */

import type { ClientState } from 'session-wasm/client';
import * as account from './account';
import * as confirmDialog from './confirm-dialog';
import * as devices from './devices';
import * as elsewhere from './elsewhere';
import { element, write } from './page';
import * as relativeTime from './relative-time';
import * as security from './security';
import { client, farewell, nameOf, start as watch } from './session';
import { settings } from './settings';
import * as signIn from './sign-in';
import * as signIns from './sign-ins';
import * as signOut from './sign-out';
import { text } from './texts';
import * as views from './views';

const root = document.documentElement;

/** What only those see who work on an application, so others do not load it. */
type Developer = typeof import('./developer/developer');
let developer: Developer | undefined;

/** What was lost with the session that has just ended. */
let lost = '';

function render(state: ClientState): void {
  const isSignedIn = state.status === 'signed_in';
  element('who-bar', HTMLElement).hidden = !isSignedIn;
  if (state.unavailable) write('outage', text(isSignedIn ? 'outage_signed_in' : 'server_away'));
  else write('outage', '');
  if (state.status === 'asking') return;
  if (isSignedIn) {
    write('who-bar-name', nameOf(state.view));
    account.show(state);
    security.show(state.view);
    developer?.show(state);
  } else if (root.dataset.state !== 'signed-out') {
    clear();
  }
  write('farewell', isSignedIn ? '' : [farewell(state), lost].filter(Boolean).join(' '));
  const hasComeIn = isSignedIn && root.dataset.state !== 'signed-in';
  root.dataset.state = isSignedIn ? 'signed-in' : 'signed-out';
  views.show(isSignedIn);
  if (hasComeIn) signIn.passOn();
}

/** Nothing of a session stays when it is over. */
function clear(): void {
  account.clear();
  signIns.clear();
  security.clear();
  lost = developer?.clear() ?? '';
}

async function begin(): Promise<void> {
  root.dataset.scripted = '';
  // Who is known not to be signed in may be typing by now, and a form that is hidden loses the focus.
  root.dataset.state = settings.session === 'absent' ? 'starting' : 'asking';
  // Without it the page is whole for everybody else.
  if (settings.developer) developer = await import('./developer/developer').catch(() => undefined);
  for (const part of [signIn, signOut, confirmDialog, account, signIns, devices, security, relativeTime])
    part.start();
  developer?.start();
  views.follow();
  client.addEventListener('changed', ({ detail }) => render(detail));
  watch();
  elsewhere.start();
}

begin();
