/** “Statement”: what the server signed of the session, and how each check of it came out in this browser. */

import type { ClientVerdict, SignedIn } from 'session-wasm/client';
import { copyButton } from '../copy';
import { element, write } from '../page';
import { writeTime } from '../relative-time';
import { client } from '../session';
import { type Key, text } from '../texts';
import { exact } from '../times';
import { draw, lines, type Outcome, refusal } from './checks';

const id = element('session-id', HTMLElement);

export function start(): void {
  id.after(' ', copyButton(id));
  setInterval(() => client.state.status === 'signed_in' && judge(client.state), 1000);
}

export function show(state: SignedIn): void {
  const { view, verdict } = state;
  const good = verdict?.ok ? verdict : undefined;
  write('session-id', view.session_id);
  write('key-id', good?.keyId ?? '–');
  write('statement-expires-at', good ? exact(good.expiresAt) : '–');
  writeTime('authenticated-at', view.authenticated_at);
  judge(state);
}

export function clear(): void {
  for (const each of ['session-id', 'key-id', 'statement-expires-at', 'statement-seal']) write(each, '');
  element('checks', HTMLUListElement).replaceChildren();
}

/** What changes by time alone, too. */
function judge({ verdict, unavailable, confirmed }: SignedIn): void {
  const [state, key] = seal(verdict, unavailable);
  element('statement-seal', HTMLElement).dataset.state = state;
  write('statement-seal', text(key));
  draw(element('checks', HTMLUListElement), lines(verdict, { justConfirmed: confirmed && !unavailable }));
}

function seal(verdict: ClientVerdict | null, unavailable: boolean): [Outcome | 'asking', Key] {
  if (!verdict) return ['asking', 'seal_nothing'];
  if (!verdict.ok) return ['refused', refusal(verdict.reason)];
  if (verdict.current) return ['good', 'seal_current'];
  return ['good', unavailable ? 'seal_not_known' : 'verified'];
}
