/** What was checked of a statement, in this browser, and what came out. */

import type { ClientVerdict } from 'session-wasm/client';
import type { VerifiedStatement } from 'session-wasm/statement';
import { now } from '../session';
import { type Key, text } from '../texts';
import { ago, clockTime } from '../times';

type Reason = Extract<ClientVerdict, { ok: false }>['reason'];

/** In the order of the verification: what comes after a refusal was not looked at any more. */
const CHECKS = ['signature', 'issuer', 'time', 'session', 'revocations'] as const;
type Check = (typeof CHECKS)[number];

const FAULTS: Record<Reason, [Check, Key]> = {
  absent: ['signature', 'fault_absent'],
  malformed: ['signature', 'fault_malformed'],
  unknown_key: ['signature', 'fault_unknown_key'],
  bad_signature: ['signature', 'fault_bad_signature'],
  wrong_issuer: ['issuer', 'fault_wrong_issuer'],
  not_yet_valid: ['time', 'fault_not_yet_valid'],
  expired: ['time', 'fault_expired'],
  other_session: ['session', 'fault_other_session'],
  revoked: ['revocations', 'fault_revoked'],
};

const NAMES: Record<Check, Key> = {
  signature: 'check_signature',
  issuer: 'check_issuer',
  time: 'check_time',
  session: 'check_session',
  revocations: 'check_revocations',
};

export type Outcome = 'good' | 'refused' | 'unknown';

export interface Line {
  name: string;
  outcome: Outcome;
  text: string;
}

/** What is known besides the statement. */
interface Known {
  /** The server has answered about this session, and still answers. */
  justConfirmed?: boolean;
  /** It is of nobody in particular. */
  ofNobody?: boolean;
}

/** What is wrong with a statement that was refused. */
export const refusal = (reason: Reason): Key => FAULTS[reason][1];

/** What a verdict says of each check. */
export function lines(
  verdict: ClientVerdict | null,
  { justConfirmed = false, ofNobody = false }: Known,
): Line[] {
  const [fault, why] = verdict?.ok === false ? FAULTS[verdict.reason] : [];
  const places = CHECKS.filter((check) => !ofNobody || check !== 'session');
  return places.map((check) => {
    const name = text(NAMES[check]);
    if (verdict?.ok) return { name, ...good(check, verdict, justConfirmed) };
    if (check === fault && why) return { name, outcome: 'refused', text: text(why) };
    const isBefore = fault && CHECKS.indexOf(check) < CHECKS.indexOf(fault);
    return isBefore
      ? { name, outcome: 'good', text: text('check_passed') }
      : { name, outcome: 'unknown', text: text('check_not_made') };
  });
}

type Judged = Pick<Line, 'outcome' | 'text'>;

function good(check: Check, verdict: VerifiedStatement, justConfirmed: boolean): Judged {
  if (check === 'revocations') return revocations(verdict, justConfirmed);
  const { keyId, issuedAt, expiresAt } = verdict;
  const words = {
    signature: () => text('good_signature', { key: keyId }),
    issuer: () => location.origin,
    time: () => text('good_time', { issued: clockTime(issuedAt), until: clockTime(expiresAt) }),
    session: () => text('good_session'),
  };
  return { outcome: 'good', text: words[check]() };
}

function revocations(
  { revocationCheckedAt: checkedAt, current }: VerifiedStatement,
  justConfirmed: boolean,
): Judged {
  if (checkedAt === null)
    return { outcome: 'unknown', text: text(justConfirmed ? 'feed_next' : 'feed_not_seen') };
  const time = clockTime(checkedAt);
  if (current) return { outcome: 'good', text: text('feed_clear', { time }) };
  const since = ago(checkedAt, now(), text('just_now'));
  return { outcome: 'unknown', text: text('feed_old', { time, ago: since }) };
}

/** Draws `lines` into `list`, touching only what is another than before. */
export function draw(list: HTMLUListElement, lines: Line[]): void {
  while (list.childElementCount > lines.length) list.lastElementChild?.remove();
  lines.forEach(({ name, outcome, text: words }, place) => {
    const item = list.children[place] ?? list.appendChild(document.createElement('li'));
    if (!(item instanceof HTMLElement)) return;
    const line = text('check_line', { check: name, result: words });
    if (item.dataset.outcome !== outcome) item.dataset.outcome = outcome;
    if (item.textContent !== line) item.textContent = line;
  });
}
