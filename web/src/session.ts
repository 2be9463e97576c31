/** The one client of this page: who is signed in, and the server's time. */

import { type ClientState, SessionClient, type SessionView, type StatedView } from 'session-wasm/client';
import { BASE } from './base';

export const client = new SessionClient({ baseUrl: BASE });

/** Seconds since 1970, and zero until the server has said what time it is. */
export const now = (): number => client.now() ?? 0;

export type View = SessionView | StatedView;

/** The session that is going on here, if there is one. */
export function current(): View | undefined {
  return client.state.status === 'signed_in' ? client.state.view : undefined;
}

export function nameOf({ subject, claims }: View): string {
  return typeof claims.name === 'string' && claims.name !== '' ? claims.name : subject;
}

/** What to tell somebody who is not signed in, or is not any more. */
export function farewell(state: ClientState): string {
  if (state.status === 'ended') return ENDS[state.reason];
  const isKnown = state.status === 'signed_out' && (state.reason === 'expired' || state.reason === 'ended');
  return isKnown ? 'Your last session has ended.' : '';
}

const ENDS = {
  expired: 'Your session reached its final deadline. Please sign in again.',
  idle: 'You were signed out after a time without activity.',
  revoked: 'Your session was ended, here or on another device.',
  ended: 'Your session was ended, here or on another device.',
  signed_out: 'You are signed out.',
};
