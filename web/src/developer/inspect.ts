/** What can be said of a text that somebody found: fields, times in words, verdict and reason. */

import type {
  DecodedCookie,
  StatementClaims,
  StatementVerdict,
  StatementVerifier,
} from 'session-wasm/statement';
import { current } from '../session';
import { text as words } from '../texts';
import { ago, ahead, exact } from '../times';
import { type Line, lines, refusal } from './checks';

type Package = typeof import('session-wasm/statement');

export interface Field {
  name: string;
  value: string;
  /** Something to look up elsewhere. */
  isId?: boolean;
}

export interface Finding {
  title: string;
  seal: ['good' | 'refused' | 'unknown', string];
  notes: string[];
  lines: Line[];
  fields: Field[];
}

const STATEMENT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const STATEMENT_COOKIE = '__Host-session-statement';

/** `text` is a cookie value, a `Cookie` header or a statement; a header may hold several of both. */
export function inspect(
  text: string,
  module: Package,
  verifier: StatementVerifier | undefined,
  at: number,
): Finding[] {
  const header = text.replace(/^(set-)?cookie:\s*/i, '');
  if (STATEMENT.test(header)) return [statement(header, module, verifier, at)];
  const cookies = module.decodeCookieUnverified(header);
  const statements = module.cookieValues(header, STATEMENT_COOKIE);
  const found = [
    ...cookies.map((cookie) => describe(cookie, at)),
    ...statements.map((each) => statement(each, module, verifier, at)),
  ];
  return found.length > 0 ? found : [nothing()];
}

const COOKIE_FAULTS = { malformed: 'inspect_no_cookie', too_long: 'inspect_long_cookie' } as const;

function describe({ unverified, reason }: DecodedCookie, at: number): Finding {
  const title = words('inspect_cookie');
  if (!unverified) return refused(title, words(COOKIE_FAULTS[reason]));
  const { keyId, sessionId, issuedAt, expiresAt } = unverified;
  return {
    title,
    seal: ['unknown', words(at >= expiresAt ? 'inspect_unchecked_expired' : 'inspect_unchecked')],
    notes: [words('inspect_tag'), ...ours(sessionId)],
    lines: [],
    fields: [
      { name: words('session_id'), value: sessionId, isId: true },
      { name: words('inspect_secret'), value: words('inspect_hidden') },
      { name: words('inspect_key'), value: keyId },
      { name: words('inspect_issued'), value: when(issuedAt, at) },
      { name: words('inspect_expires'), value: when(expiresAt, at) },
    ],
  };
}

function statement(
  text: string,
  { decodeUnverified }: Package,
  verifier: StatementVerifier | undefined,
  at: number,
): Finding {
  const title = words('inspect_statement');
  const { unverified } = decodeUnverified(text);
  if (!unverified) return refused(title, words('inspect_no_statement'));
  const verdict = verifier?.verify(text, at) ?? null;
  const believed = verdict?.ok ? [] : [words('inspect_claimed')];
  return {
    title,
    seal: seal(verdict),
    notes: [...believed, ...ours(unverified.sessionId)],
    lines: lines(verdict, { ofNobody: true }),
    fields: claims(unverified, at),
  };
}

function seal(verdict: StatementVerdict | null): Finding['seal'] {
  if (!verdict) return ['unknown', words('inspect_no_keys')];
  if (!verdict.ok) {
    return [
      'refused',
      words('inspect_refused', { code: verdict.reason, why: words(refusal(verdict.reason)) }),
    ];
  }
  return ['good', words(verdict.current ? 'inspect_current' : 'inspect_authentic')];
}

function claims(claims: StatementClaims, at: number): Field[] {
  return [
    { name: words('inspect_subject'), value: claims.subject },
    { name: words('session_id'), value: claims.sessionId, isId: true },
    { name: words('inspect_key'), value: claims.keyId },
    { name: words('inspect_issued'), value: when(claims.issuedAt, at) },
    { name: words('inspect_expires'), value: when(claims.expiresAt, at) },
    { name: words('password_entered'), value: when(claims.authenticatedAt, at) },
    { name: words('inspect_idle'), value: when(claims.idleExpiresAt, at) },
    { name: words('inspect_absolute'), value: when(claims.absoluteExpiresAt, at) },
    { name: words('inspect_claims'), value: JSON.stringify(claims.claims) },
  ];
}

/** The time, and how far it is away, once the server has said what time it is. */
function when(at: number, now: number): string {
  if (now <= 0) return exact(at);
  const distance = at > now ? ahead(at - now) : ago(at, now, words('just_now'));
  return words('inspect_when', { time: exact(at), distance });
}

const ours = (sessionId: string) => (current()?.session_id === sessionId ? [words('inspect_ours')] : []);

function refused(title: string, why: string): Finding {
  return { title, seal: ['refused', why], notes: [], lines: [], fields: [] };
}

const nothing = (): Finding => ({
  title: words('inspect_nothing'),
  seal: ['unknown', words('inspect_nothing_in_it')],
  notes: [words('inspect_looked_for')],
  lines: [],
  fields: [],
});
