/** What was checked of the statement, in this browser, and what came out. */

import type { ClientVerdict, SignedIn } from 'session-wasm/client';
import type { VerifiedStatement } from 'session-wasm/statement';
import { element, write } from './page';
import { now } from './session';
import { ago, clockTime, moment } from './words';

type Reason = Extract<ClientVerdict, { ok: false }>['reason'];

/** In the order of the verification: what comes after a refusal was not looked at any more. */
const CHECKS = ['signature', 'issuer', 'time', 'session', 'revocations'] as const;
type Check = (typeof CHECKS)[number];

const FAULTS: Record<Reason, [Check, string]> = {
  absent: ['signature', 'there is no statement'],
  malformed: ['signature', 'this is no statement'],
  unknown_key: ['signature', 'its key is not among the server’s keys'],
  bad_signature: ['signature', 'the signature is wrong'],
  wrong_issuer: ['issuer', 'it was issued under another address than this page’s'],
  not_yet_valid: ['time', 'it comes from the future'],
  expired: ['time', 'it has expired'],
  other_session: ['session', 'it speaks of another session'],
  revoked: ['revocations', 'the session has been revoked'],
};

const NAMES: Record<Check, string> = {
  signature: 'Signature',
  issuer: 'Issuer',
  time: 'Time',
  session: 'Session',
  revocations: 'Revocations',
};

type Outcome = 'good' | 'refused' | 'unknown';

export interface Line {
  name: string;
  outcome: Outcome;
  text: string;
}

export function show({ verdict, unavailable }: SignedIn): void {
  const [state, text] = seal(verdict, unavailable);
  element('seal', HTMLElement).dataset.state = state;
  write('seal', text);
  draw(element('checks', HTMLUListElement), lines(verdict));
  const good = verdict?.ok ? verdict : undefined;
  write('key-id', good?.keyId ?? '–');
  write('statement-expires-at', good ? moment(good.expiresAt, now()) : '–');
}

function seal(verdict: ClientVerdict | null, unavailable: boolean): [Outcome | 'asking', string] {
  if (!verdict) return ['asking', 'Nothing can be verified yet'];
  if (!verdict.ok) return ['refused', sentence(FAULTS[verdict.reason][1])];
  if (verdict.current) return ['good', 'Verified in this browser, and current'];
  return ['good', unavailable ? 'Verified; whether it is current is not known' : 'Verified in this browser'];
}

/** What a verdict says of each check. */
export function lines(verdict: ClientVerdict | null, needsSession = true): Line[] {
  const [fault, why] = verdict?.ok === false ? FAULTS[verdict.reason] : [];
  const places = CHECKS.filter((check) => needsSession || check !== 'session');
  return places.map((check) => {
    const name = NAMES[check];
    if (verdict?.ok) return { name, ...good(check, verdict) };
    if (check === fault) return { name, outcome: 'refused', text: why ?? '' };
    const isBefore = fault && CHECKS.indexOf(check) < CHECKS.indexOf(fault);
    return { name, outcome: isBefore ? 'good' : 'unknown', text: isBefore ? 'in order' : 'not checked' };
  });
}

function good(check: Check, verdict: VerifiedStatement): { outcome: Outcome; text: string } {
  switch (check) {
    case 'signature':
      return { outcome: 'good', text: `Ed25519, by the public key ${verdict.keyId}` };
    case 'issuer':
      return { outcome: 'good', text: location.origin };
    case 'time':
      return {
        outcome: 'good',
        text: `issued ${clockTime(verdict.issuedAt)}, good until ${clockTime(verdict.expiresAt)}, by the server’s clock`,
      };
    case 'session':
      return { outcome: 'good', text: 'the one that the server told of' };
    case 'revocations':
      return revocations(verdict);
  }
}

function revocations({ revocationCheckedAt: checkedAt, current }: VerifiedStatement): {
  outcome: Outcome;
  text: string;
} {
  if (checkedAt === null)
    return {
      outcome: 'unknown',
      text: 'the server itself has just confirmed the session; its feed comes next',
    };
  const when = `as of ${clockTime(checkedAt)}`;
  if (current) return { outcome: 'good', text: `not in the feed ${when}` };
  return { outcome: 'unknown', text: `not in the feed ${when}, which is ${ago(checkedAt, now())}: too old` };
}

/** Draws `lines` into `list`, touching only what is another than before. */
export function draw(list: HTMLUListElement, lines: Line[]): void {
  while (list.childElementCount > lines.length) list.lastElementChild?.remove();
  lines.forEach(({ name, outcome, text }, place) => {
    const item = list.children[place] ?? list.appendChild(document.createElement('li'));
    if (!(item instanceof HTMLElement)) return;
    const words = `${name}: ${text}`;
    if (item.dataset.outcome !== outcome) item.dataset.outcome = outcome;
    if (item.textContent !== words) item.textContent = words;
  });
}

/** As a sentence begins. */
const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
