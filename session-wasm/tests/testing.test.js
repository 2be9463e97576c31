import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUnverified, StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';
import { LiveVerifier } from 'session-wasm/fetch';
import { TestIssuer } from 'session-wasm/testing';

const NOW = 1_800_000_000;

const issuerOf = (options) => new TestIssuer({ seed: 'a seed', now: () => NOW, ...options });
const statements = ({ issuer, jwks, fetch }) => new StatementVerifier({ issuer, jwks, fetch });
const cookies = ({ keyRing, cookieName }) => new CookieVerifier({ keyRing, cookieName });

test('what it makes is good to those who verify, for the user and the time that were chosen', () => {
  const issuer = issuerOf();
  const claims = { name: 'Ünïcode 🔑', roles: ['admin'] };
  const session = issuer.signIn('alice', { claims });

  const cookie = cookies(issuer).verify(session.cookie, NOW);
  const { sessionId } = session;
  const keyId = 'test-c1';
  assert.deepEqual(cookie, { ok: true, sessionId, issuedAt: NOW, expiresAt: NOW + 43_200, keyId });

  const statement = statements(issuer).verify(issuer.statement(session), NOW);
  assert.deepEqual(statement, {
    ok: true,
    subject: 'alice',
    sessionId,
    issuedAt: NOW,
    expiresAt: NOW + 300,
    authenticatedAt: NOW,
    idleExpiresAt: NOW + 1800,
    absoluteExpiresAt: NOW + 43_200,
    claims,
    keyId: 'test-s1',
    revocationCheckedAt: null,
    current: false,
  });
});

test('what is over, or not yet, or of another, is made as easily', () => {
  const issuer = issuerOf();
  const [past, future] = [NOW - 100_000, NOW + 1000].map((now) => issuer.signIn('alice', { now }));
  const verdict = (session, at) => statements(issuer).verify(issuer.statement(session, at), NOW).reason;
  assert.equal(cookies(issuer).verify(past.cookie, NOW).reason, 'expired');
  assert.equal(cookies(issuer).verify(future.cookie, NOW).reason, 'not_yet_valid');
  assert.equal(verdict(past, NOW - 100_000), 'expired');
  assert.equal(verdict(future, NOW + 1000), 'not_yet_valid');

  const other = issuerOf({ seed: 'another seed' });
  const foreign = other.signIn('alice');
  assert.equal(cookies(issuer).verify(foreign.cookie, NOW).reason, 'bad_tag');
  assert.equal(statements(issuer).verify(other.statement(foreign), NOW).reason, 'bad_signature');
  const elsewhere = issuerOf({ issuer: 'https://evil.example' });
  const { reason, found } = statements(issuer).verify(elsewhere.statement(elsewhere.signIn('a')), NOW);
  assert.deepEqual([reason, found], ['wrong_issuer', 'https://evil.example']);
});

test('the same seed makes the same, and none makes what nobody has made before', () => {
  const made = (issuer) =>
    JSON.stringify([issuer.keyRing, issuer.jwks, issuer.signIn('a'), issuer.signIn('b')]);
  assert.equal(made(issuerOf()), made(issuerOf()));
  assert.notEqual(made(issuerOf()), made(issuerOf({ seed: 'another seed' })));
  const fresh = () => made(new TestIssuer({ now: () => NOW }));
  assert.notEqual(fresh(), fresh());
});

test('its keys are called test-…, so that a ring of them is known for what it is', () => {
  const { keyRing, jwks } = new TestIssuer();
  const ids = [...keyRing.keys, ...jwks.keys].map(({ kid }) => kid);
  assert.deepEqual(ids, ['test-c1', 'test-s1']);
  assert.equal(keyRing.signing, 'test-c1');
  assert.ok(jwks.keys.every((key) => !('d' in key)));
});

test('a session is current until it is signed out, which the feed then tells', async () => {
  const issuer = new TestIssuer();
  const verifier = new StatementVerifier({ issuer: issuer.issuer, fetch: issuer.fetch });
  const [one, other] = [issuer.signIn('alice'), issuer.signIn('bob')];
  assert.equal((await verifier.verifyCurrent(issuer.statement(one))).current, true);

  issuer.signOut(one);
  const fresh = statements(issuer);
  assert.equal(fresh.useRevocations(issuer.feed()).ok, true);
  assert.equal(fresh.verify(issuer.statement(one)).reason, 'revoked');
  assert.equal(fresh.verify(issuer.statement(other)).current, true);
});

test('a feed tells of a time that was chosen', () => {
  const issuer = issuerOf();
  const session = issuer.signIn('alice', { now: NOW - 1000 });
  issuer.signOut(session, NOW - 360);
  const verdict = (at) => {
    const verifier = statements(issuer);
    assert.equal(verifier.useRevocations(issuer.feed(at), at).ok, true);
    return verifier.verify(issuer.statement(session, at), at).reason;
  };
  assert.equal(verdict(NOW - 361), undefined);
  assert.equal(verdict(NOW - 360), 'revoked');
  assert.equal(verdict(NOW - 1), 'revoked');
  assert.equal(verdict(NOW), undefined);
});

test('a live session is what it says of it, until a deadline or a sign-out', async () => {
  const clock = { now: NOW };
  const issuer = issuerOf({ now: () => clock.now });
  const live = new LiveVerifier({ server: issuer.issuer, fetch: issuer.fetch, rememberRefusals: 0 });
  const ask = (session) => live.verifyLive(issuer.cookieHeader(session, NOW));
  const [one, other] = [issuer.signIn('alice', { claims: { a: 1 } }), issuer.signIn('bob')];

  const { setCookies, statement, ...verdict } = await ask(one);
  const { cookie, ...session } = one;
  assert.deepEqual(verdict, { ok: true, ...session });
  assert.equal(decodeUnverified(statement).unverified.sessionId, one.sessionId);
  assert.match(setCookies.join(), /^__Host-session-statement=/);

  issuer.signOut(one);
  assert.equal((await ask(one)).reason, 'ended');
  clock.now = NOW + 1799;
  assert.equal((await ask(other)).ok, true);
  clock.now = NOW + 1800;
  assert.equal((await ask(other)).reason, 'ended');
  clock.now = NOW + 43_200;
  assert.equal((await ask(other)).reason, 'expired');
  assert.equal((await live.verifyLive('theme=dark')).reason, 'absent');
  issuer.away = true;
  assert.equal((await ask(other)).reason, 'unavailable');
});

test('a cookie of another name is one', () => {
  const issuer = issuerOf({ cookieName: '__Host-shop' });
  const header = issuer.cookieHeader(issuer.signIn('alice'));
  assert.match(header, /^__Host-shop=/);
  assert.equal(cookies(issuer).verify(header, NOW).ok, true);
});

test('what cannot be made is misuse, with a code that says why', () => {
  const issuer = issuerOf();
  const session = issuer.signIn('alice');
  const invalid = { name: 'MisuseError', code: 'invalid_session' };
  assert.throws(() => issuer.signIn(42), invalid);
  assert.throws(() => issuer.signIn('alice', { absoluteTimeout: 0 }), invalid);
  assert.throws(() => issuer.statement(issuer.signIn('a'.repeat(4000))), invalid);
  assert.throws(() => issuer.statement(session, session.absoluteExpiresAt), invalid);
  assert.throws(() => issuer.signIn('alice', { now: NOW * 1000 }), { code: 'invalid_time' });
  assert.throws(() => issuerOf({ cookieName: 'session' }), { code: 'invalid_option' });
  assert.throws(() => issuerOf({ issuer: 'https://app.example/' }), { code: 'invalid_issuer' });
  assert.throws(() => issuerOf({ seed: 42 }), { code: 'invalid_seed' });
});

test('a program in production is refused', (t) => {
  const before = process.env.NODE_ENV;
  t.after(() => {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  });
  process.env.NODE_ENV = 'production';
  assert.throws(() => new TestIssuer(), { name: 'MisuseError', code: 'not_for_production' });
  process.env.NODE_ENV = 'test';
  assert.ok(new TestIssuer());
});
