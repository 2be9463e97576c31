/** What can be said of a text that somebody found: fields, times in words, verdict and reason. */

import type {
  DecodedCookie,
  StatementClaims,
  StatementVerdict,
  StatementVerifier,
} from 'session-wasm/statement';
import { type Line, lines } from './checks';
import { current } from './session';
import { when } from './words';

type Package = typeof import('session-wasm/statement');

export interface Finding {
  title: string;
  seal: ['good' | 'refused' | 'unknown', string];
  notes: string[];
  lines: Line[];
  fields: [string, string][];
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

const COOKIE_FAULTS = {
  malformed: 'This is not a session cookie of version 1',
  too_long: 'This is longer than any session cookie',
};

function describe({ unverified, reason }: DecodedCookie, at: number): Finding {
  const title = 'Session cookie';
  if (!unverified) return refused(title, COOKIE_FAULTS[reason]);
  const { keyId, sessionId, issuedAt, expiresAt } = unverified;
  return {
    title,
    seal: ['unknown', at >= expiresAt ? 'Not checked; says itself that it has expired' : 'Not checked'],
    notes: [
      'Its tag can be checked only where the key is: by the server, or by an edge that it trusts. Anybody can write what stands here.',
      ...ours(sessionId),
    ],
    lines: [],
    fields: [
      ['Session ID', sessionId],
      ['Secret', 'not shown'],
      ['Key', keyId],
      ['Issued at', when(issuedAt, at)],
      ['Expires at', when(expiresAt, at)],
    ],
  };
}

function statement(
  text: string,
  { decodeUnverified }: Package,
  verifier: StatementVerifier | undefined,
  at: number,
): Finding {
  const title = 'Session statement';
  const { unverified } = decodeUnverified(text);
  if (!unverified) return refused(title, 'This is not a session statement');
  const verdict = verifier?.verify(text, at) ?? null;
  const believed = verdict?.ok ? [] : ['What follows is what it claims. Anybody can write that.'];
  return {
    title,
    seal: seal(verdict),
    notes: [...believed, ...ours(unverified.sessionId)],
    lines: lines(verdict, false),
    fields: claims(unverified, at),
  };
}

function seal(verdict: StatementVerdict | null): Finding['seal'] {
  if (!verdict) return ['unknown', 'Not checked: the public keys are not here'];
  if (!verdict.ok) return ['refused', `Refused: ${verdict.reason}`];
  return ['good', verdict.current ? 'Authentic and current' : 'Authentic'];
}

function claims(claims: StatementClaims, at: number): Finding['fields'] {
  return [
    ['Subject', claims.subject],
    ['Session ID', claims.sessionId],
    ['Key', claims.keyId],
    ['Issued at', when(claims.issuedAt, at)],
    ['Good until', when(claims.expiresAt, at)],
    ['Password entered', when(claims.authenticatedAt, at)],
    ['Idle deadline', when(claims.idleExpiresAt, at)],
    ['Final deadline', when(claims.absoluteExpiresAt, at)],
    ['Claims', JSON.stringify(claims.claims)],
  ];
}

const ours = (sessionId: string) =>
  current()?.session_id === sessionId ? ['It names the session of this browser.'] : [];

function refused(title: string, words: string): Finding {
  return { title, seal: ['refused', words], notes: [], lines: [], fields: [] };
}

const nothing = (): Finding => ({
  title: 'Nothing found',
  seal: ['unknown', 'There is no session cookie and no statement in this'],
  notes: [
    'Looked for: a cookie called __Host-session or __Host-session-statement, or the bare value of one.',
  ],
  lines: [],
  fields: [],
});
