// What verifiers have seen before: nothing about it may be different but the time that it takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';
import { TestIssuer } from 'session-wasm/testing';

import { Remembered } from '../js/remembered.js';

const NOW = 1_800_000_000;
const issuerOf = () => new TestIssuer({ seed: 'a seed', now: () => NOW });

/** Each with its memory, and without one. */
const kinds = [{}, { remember: 0 }];

// R9: what is remembered is judged anew at each use.
test('a cookie that was good is refused when its time is over, or not yet there', () => {
  const issuer = issuerOf();
  const { cookie, sessionId } = issuer.signIn('alice');
  for (const kind of kinds) {
    const verifier = new CookieVerifier({ keyRing: issuer.keyRing, ...kind });
    const reasons = [NOW, NOW + 43_200, NOW + 43_199, NOW - 1000, NOW].map((now) => {
      const verdict = verifier.verify(`theme=dark; __Host-session=${cookie}`, now);
      return verdict.ok ? verdict.sessionId : verdict.reason;
    });
    assert.deepEqual(reasons, [sessionId, 'expired', sessionId, 'not_yet_valid', sessionId]);
  }
});

test('of two cookies in a header another is the good one at another time', () => {
  const issuer = issuerOf();
  const [now, later] = [NOW, NOW + 10_000].map((now) => issuer.signIn('alice', { now }));
  for (const kind of kinds) {
    const verifier = new CookieVerifier({ keyRing: issuer.keyRing, ...kind });
    const header = `__Host-session=${later.cookie}; __Host-session=${now.cookie}`;
    assert.equal(verifier.verify(header, NOW).sessionId, now.sessionId);
    assert.equal(verifier.verify(header, NOW + 10_000).reason, 'ambiguous');
    assert.equal(verifier.verify(header, NOW + 50_000).sessionId, later.sessionId);
  }
});

test('a statement that was good is refused when its time is over, or its session was revoked', () => {
  const issuer = issuerOf();
  const session = issuer.signIn('alice');
  const statement = issuer.statement(session);
  for (const kind of kinds) {
    const verifier = new StatementVerifier({ issuer: issuer.issuer, jwks: issuer.jwks, ...kind });
    const reasons = [NOW, NOW + 300, NOW + 299, NOW - 1000, NOW].map((now) => {
      const verdict = verifier.verify(statement, now);
      return verdict.ok ? verdict.sessionId : verdict.reason;
    });
    const { sessionId } = session;
    assert.deepEqual(reasons, [sessionId, 'expired', sessionId, 'not_yet_valid', sessionId]);

    verifier.useRevocations(issuer.feed(), NOW);
    const verdict = verifier.verify(statement, NOW);
    assert.deepEqual([verdict.current, verdict.revocationCheckedAt], [true, NOW]);
    assert.equal(verifier.verify(statement, NOW + 299).current, false);
  }
  issuer.signOut(session);
  for (const kind of kinds) {
    const verifier = new StatementVerifier({ issuer: issuer.issuer, jwks: issuer.jwks, ...kind });
    assert.equal(verifier.verify(statement, NOW).ok, true);
    verifier.useRevocations(issuer.feed(NOW + 1), NOW + 1);
    assert.deepEqual(verifier.verify(statement, NOW + 1), { ok: false, reason: 'revoked' });
  }
});

test('what a key has signed that is there no more is refused, and other keys that are refused change nothing', () => {
  const issuer = issuerOf();
  const statement = issuer.statement(issuer.signIn('alice'));
  const verifier = new StatementVerifier({ issuer: issuer.issuer, jwks: issuer.jwks });
  assert.equal(verifier.verify(statement, NOW).ok, true);
  assert.throws(() => verifier.useKeys({}), { code: 'invalid_jwks' });
  assert.equal(verifier.verify(statement, NOW).ok, true);
  verifier.useKeys({ keys: [] });
  assert.deepEqual(verifier.verify(statement, NOW), { ok: false, reason: 'unknown_key' });
});

test('what callers do with a verdict is theirs alone', () => {
  const issuer = issuerOf();
  const claims = { roles: ['reader'], org: { name: 'Ünïcode 🔑' } };
  const session = issuer.signIn('alice', { claims });
  const statement = issuer.statement(session);
  const statements = new StatementVerifier({ issuer: issuer.issuer, jwks: issuer.jwks });
  const cookies = new CookieVerifier({ keyRing: issuer.keyRing });
  for (let i = 0; i < 3; i += 1) {
    const verdict = statements.verify(statement, NOW);
    assert.deepEqual(verdict.claims, claims);
    verdict.claims.roles.push('admin');
    verdict.claims.org.name = 'evil';
    verdict.subject = 'mallory';
    const cookie = cookies.verify(session.cookie, NOW);
    assert.equal(cookie.sessionId, session.sessionId);
    cookie.sessionId = 'another';
  }
});

test('one letter more or less is another text', () => {
  const issuer = issuerOf();
  const session = issuer.signIn('alice');
  const statement = issuer.statement(session);
  const statements = new StatementVerifier({ issuer: issuer.issuer, jwks: issuer.jwks });
  const cookies = new CookieVerifier({ keyRing: issuer.keyRing });
  assert.ok(statements.verify(statement, NOW).ok && cookies.verify(session.cookie, NOW).ok);
  for (let place = 0; place < statement.length; place += 7) {
    const other = statement.slice(0, place) + statement.slice(place + 1);
    assert.equal(statements.verify(other, NOW).ok, false);
  }
  for (let place = 0; place < session.cookie.length; place += 7) {
    const other = session.cookie.slice(0, place) + session.cookie.slice(place + 1);
    assert.equal(cookies.verify(other, NOW).ok, false);
  }
});

test('as much is remembered as was said, the latest, and what is seen again', () => {
  const remembered = new Remembered(10);
  const known = (from, to) => {
    let count = 0;
    for (let i = from; i < to; i += 1) if (remembered.find(`text ${i}`) === i) count += 1;
    return count;
  };
  remembered.keep('busy', 'busy');
  for (let i = 0; i < 10_000; i += 1) {
    remembered.keep(`text ${i}`, i);
    assert.equal(remembered.find('busy'), 'busy');
  }
  assert.ok(known(0, 10_000) <= 9);
  for (let i = 0; i < 5; i += 1) remembered.keep(`text ${i}`, i);
  assert.equal(known(0, 5), 5);
  remembered.forget();
  assert.equal(known(0, 10_000), 0);
});

test('texts that are long, and all where that is wished, are not remembered', () => {
  const remembered = new Remembered();
  remembered.keep('x'.repeat(4096), 1);
  remembered.keep('x'.repeat(4097), 1);
  assert.deepEqual([remembered.find('x'.repeat(4096)), remembered.find('x'.repeat(4097))], [1, undefined]);
  const none = new Remembered(0);
  none.keep('text', 1);
  assert.equal(none.find('text'), undefined);
});

test('how much is to be remembered is said as a whole number', () => {
  const issuer = issuerOf();
  for (const remember of [-1, 0.5, '10', null, Number.POSITIVE_INFINITY]) {
    const isMisuse = { name: 'MisuseError', code: 'invalid_option', message: /^remember: / };
    assert.throws(() => new StatementVerifier({ issuer: issuer.issuer, remember }), isMisuse);
    assert.throws(() => new CookieVerifier({ keyRing: issuer.keyRing, remember }), isMisuse);
  }
});
