/** The statement, verified in this browser by the server's own rules, and shown. */

import type { StatementRefusal, StatementVerdict, StatementVerifier } from 'session-wasm';
import * as clock from './clock';
import { element, write } from './page';
import type { SessionView } from './server';
import * as server from './server';
import { moment } from './words';

/** Seconds. A key ring is rotated rarely, and a forged key ID must not make the page ask all the time. */
const KEYS_COOLDOWN = 60;

const REFUSALS: Record<StatementRefusal, string> = {
  absent: 'The server sent no statement',
  bad_signature: 'The signature is wrong',
  expired: 'It has expired',
  malformed: 'It is not a statement',
  not_yet_valid: 'It comes from the future',
  revoked: 'The session was ended elsewhere',
  unknown_key: 'Its key is not among the server’s keys',
  wrong_issuer: 'It was issued for another address',
};

let verifier: StatementVerifier | undefined;
let keysAskedAt = Number.NEGATIVE_INFINITY;
let latest: SessionView | undefined;

export async function show(view: SessionView): Promise<void> {
  latest = view;
  write('session-id', view.session_id);
  write('authenticated-at', moment(view.authenticated_at, clock.now()));
  try {
    const verdict = await judge(view.statement);
    if (latest === view) showVerdict(verdict, view);
  } catch {
    // No WebAssembly here, or the module was lost on the way.
    seal('refused', 'This browser could not check it');
  }
}

/** The verdict, with newer keys if it needs some; none while there are no keys at all. */
async function judge(statement: string): Promise<StatementVerdict | undefined> {
  const verdict = verify(statement);
  const needsKeys = !verdict || (!verdict.ok && verdict.reason === 'unknown_key');
  return needsKeys && (await loadKeys()) ? verify(statement) : verdict;
}

function showVerdict(verdict: StatementVerdict | undefined, view: SessionView): void {
  if (!verdict) seal('asking', 'The public keys are not here yet');
  else if (!verdict.ok) seal('refused', REFUSALS[verdict.reason]);
  else if (verdict.sessionId !== view.session_id || verdict.subject !== view.subject) {
    seal('refused', 'It speaks of another session');
  } else {
    seal('good', 'Verified in this browser');
    write('key-id', verdict.keyId);
    write('issuer', location.origin);
    write('statement-expires-at', moment(verdict.expiresAt, clock.now()));
  }
}

function verify(statement: string): StatementVerdict | undefined {
  return verifier?.verify(statement, Math.floor(clock.now()));
}

async function loadKeys(): Promise<boolean> {
  if (performance.now() / 1000 - keysAskedAt < KEYS_COOLDOWN) return false;
  const [{ StatementVerifier }, answer] = await Promise.all([import('session-wasm'), server.keys()]);
  if (answer.kind !== 'ok') return false;
  keysAskedAt = performance.now() / 1000;
  verifier = new StatementVerifier({ jwks: answer.value, issuer: location.origin });
  return true;
}

function seal(state: 'asking' | 'good' | 'refused', text: string): void {
  element('seal', HTMLElement).dataset.state = state;
  write('seal', text);
  if (state === 'good') return;
  for (const id of ['key-id', 'issuer', 'statement-expires-at']) write(id, '–');
}
