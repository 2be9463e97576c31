/** Signing out on this device. */

import { element, onClick, write } from './page';
import * as server from './server';
import { client } from './session';
import { text } from './texts';
import * as unsaved from './unsaved';

export function start(): void {
  for (const id of ['sign-out', 'sign-out-here']) onClick(element(id, HTMLButtonElement), signOut);
}

async function signOut(): Promise<void> {
  if (!(await unsaved.mayGo())) return;
  const waiting = () => write('sign-out-message', text('sign_out_waiting'));
  const answer = await server.insist(server.signOut, waiting);
  const isOut = answer.kind === 'ok' || answer.kind === 'no_session';
  write('sign-out-message', isOut ? '' : text('failed'));
  if (isOut) client.signedOut();
}
