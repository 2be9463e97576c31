// What `session-core/examples/verdicts.rs` generated, each with the native verdict (R17). The first
// line of a file holds the keys, every other one a case.

const SHOWN = 5;

export function compareCookies(CookieVerifier, [keys, ...cases]) {
  const { keyRing, cookieNames } = JSON.parse(keys);
  const verifiers = cookieNames.map((cookieName) => new CookieVerifier({ keyRing, cookieName }));
  return compare(cases, ({ name, text, now }) => verifiers[name].verify(text, now));
}

export function compareStatements(StatementVerifier, [keys, ...cases]) {
  const verifier = new StatementVerifier(JSON.parse(keys));
  return compare(cases, ({ text, now }) => verifier.verify(text, now));
}

/** Whether a key set is one at all is judged when it is handed over. */
export function compareKeySets(StatementVerifier, [keys, ...cases]) {
  const { issuer } = JSON.parse(keys);
  return compare(cases, ({ text }) => {
    try {
      new StatementVerifier({ jwks: text, issuer });
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: error.code };
    }
  });
}

/** One verifier learns from each in turn; after each it is asked about some statement. */
export function compareFeeds(StatementVerifier, [keys, ...cases]) {
  const verifier = new StatementVerifier(JSON.parse(keys));
  return compare(cases, ({ text, now }) => {
    const between = text.lastIndexOf(' ');
    const verdict = verifier.useRevocations(text.slice(0, between), now);
    const { ok, reason, revocationCheckedAt, current } = verifier.verify(text.slice(between + 1), now);
    return { ...verdict, after: ok ? [revocationCheckedAt, current] : reason };
  });
}

/** How many of each verdict there were, and the first cases in which it was not the native one. */
function compare(lines, judge) {
  const counts = {};
  const differences = [];
  for (const line of lines) {
    const { native, ...input } = JSON.parse(line);
    const verdict = judge(input);
    for (const kind of kinds(verdict)) counts[kind] = (counts[kind] ?? 0) + 1;
    // What JavaScript adds beside the native members is for the vectors to check.
    const alike = ([member, value]) => JSON.stringify(verdict[member]) === JSON.stringify(value);
    if (!Object.entries(native).every(alike) && differences.length < SHOWN) {
      differences.push(`${line} is ${JSON.stringify(verdict)}`);
    }
  }
  return { total: lines.length, counts, differences };
}

function kinds({ ok, reason, after }) {
  const verdict = ok ? 'ok' : reason;
  if (after === undefined) return [verdict];
  const [, current] = after;
  return [verdict, `after: ${typeof after === 'string' ? after : current ? 'current' : 'outdated'}`];
}
