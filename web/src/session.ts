/** The one client of this page: who is signed in, and the server's time. */

import { type ClientState, SessionClient, type SessionView, type StatedView } from 'session-wasm/client';
import { BASE } from './base';
import * as serverTime from './server-time';
import { settings } from './settings';
import { text } from './texts';

// Who is not signed in is not asked for again and again: each time would be an error in the console.
export const client = new SessionClient({ baseUrl: BASE, askWhenSignedOut: false });

/** Begins to watch, from what the server said when it sent the page. */
export function start(): void {
  if (settings.session === 'absent') client.signedOut();
  client.start();
}

/** Seconds since 1970, and zero until the server has said what time it is. */
export const now = (): number => client.now() ?? serverTime.known() ?? 0;

export type View = SessionView | StatedView;

/** The session that is going on here, if there is one. */
export function current(): View | undefined {
  return client.state.status === 'signed_in' ? client.state.view : undefined;
}

export function nameOf({ subject, claims }: View): string {
  return typeof claims.name === 'string' && claims.name !== '' ? claims.name : subject;
}

/** When it ends unless somebody goes on, and whether going on would change that. */
export function endOf({ idle_expires_at: idle, absolute_expires_at: absolute }: View) {
  return { endsAt: Math.min(idle, absolute), isFinal: absolute <= idle };
}

/** What to tell somebody who is not signed in, or is not any more. */
export function farewell(state: ClientState): string {
  if (state.status === 'ended') return text(ENDS[state.reason]);
  if (state.status !== 'signed_out') return '';
  // Whoever signs people out elsewhere can send them here.
  if (location.hash === '#signed-out') return text('signed_out');
  const reason = state.reason === 'absent' ? settings.reason : state.reason;
  return reason === 'expired' || reason === 'ended' ? text('end_earlier') : '';
}

const ENDS = {
  expired: 'end_expired',
  idle: 'end_idle',
  revoked: 'end_elsewhere',
  ended: 'end_elsewhere',
  signed_out: 'signed_out',
} as const;
