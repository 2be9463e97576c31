// How a verifier comes by keys and revocations, with a clock that is moved by hand.

/** Runs `work` in a world whose clock stands at `now` until it is moved. */
async function withClock(now, work) {
  const clock = { now };
  const real = Date.now;
  Date.now = () => clock.now * 1000;
  try {
    await work(clock);
  } finally {
    Date.now = real;
  }
}

/** An issuer that counts what it is asked for; a document that is missing is a 503. */
function issuerOf({ jwks, feed }) {
  const documents = { 'jwks.json': JSON.stringify(jwks), 'session-revocations': feed };
  const asked = { 'jwks.json': 0, 'session-revocations': 0 };
  const fetch = async (url) => {
    const [, name] = url.match(/^https:\/\/app\.example\/\.well-known\/([\w.-]+)$/);
    asked[name] += 1;
    await new Promise((done) => setTimeout(done, 5));
    return new Response(documents[name], { status: documents[name] ? 200 : 503 });
  };
  return { documents, asked, fetch };
}

export function checkRefreshing(test, assert, { StatementVerifier, scene }) {
  const { issuer, now, statement, feed, next } = scene;
  /** A verifier without keys, its issuer, and the clock of both. */
  const play = (name, scenario) =>
    test(name, () =>
      withClock(now, (clock) => {
        const origin = issuerOf(scene);
        return scenario({
          verifier: new StatementVerifier({ issuer, fetch: origin.fetch }),
          clock,
          ...origin,
        });
      }),
    );

  play('keys are fetched once for all who ask at the same time', async ({ verifier, asked }) => {
    assert.deepEqual(verifier.verify(statement), { ok: false, reason: 'unknown_key' });
    const answers = await Promise.all([
      verifier.refreshKeys(),
      verifier.refreshKeys(),
      verifier.refreshKeys(),
    ]);
    assert.deepEqual(answers, [true, true, true]);
    assert.equal(asked['jwks.json'], 1);
    assert.equal(verifier.verify(statement).ok, true);
  });

  play('keys are not fetched again within a minute', async ({ verifier, asked, clock }) => {
    await verifier.refreshKeys();
    clock.now += 59;
    assert.equal(await verifier.refreshKeys(), true);
    assert.equal(asked['jwks.json'], 1);
    clock.now += 1;
    await verifier.refreshKeys();
    assert.equal(asked['jwks.json'], 2);
  });

  play(
    'a failure is told, and not repeated for two seconds',
    async ({ verifier, asked, documents, clock }) => {
      const { 'jwks.json': keys } = documents;
      documents['jwks.json'] = undefined;
      await assert.rejects(verifier.refreshKeys(), { name: 'RefreshError' });
      assert.equal(await verifier.refreshKeys(), false);
      assert.equal(asked['jwks.json'], 1);
      documents['jwks.json'] = keys;
      clock.now += 2;
      assert.equal(await verifier.refreshKeys(), true);
    },
  );

  play('a clock that is set back by an hour holds nothing up', async ({ verifier, asked, clock }) => {
    await verifier.refreshKeys();
    clock.now -= 3600;
    await verifier.refreshKeys();
    assert.equal(asked['jwks.json'], 2);
  });

  play('what is not a key set leaves the keys as they were', async ({ verifier, documents, clock }) => {
    await verifier.refreshKeys();
    documents['jwks.json'] = '{"keys":7}';
    clock.now += 60;
    await assert.rejects(verifier.refreshKeys(), { code: 'invalid_jwks' });
    assert.equal(verifier.verify(statement).ok, true);
  });

  play('a statement is current by keys and a feed that are fetched', async ({ verifier, asked }) => {
    const verdict = await verifier.verifyCurrent(statement);
    assert.equal(verdict.current, true);
    assert.equal(verdict.revocationCheckedAt, now);
    await verifier.verifyCurrent(statement);
    assert.deepEqual(asked, { 'jwks.json': 1, 'session-revocations': 1 });
  });

  play('a revocation shows when the feed is five seconds old', async ({ verifier, documents, clock }) => {
    await verifier.verifyCurrent(statement);
    documents['session-revocations'] = next;
    clock.now += 4;
    assert.equal((await verifier.verifyCurrent(statement)).ok, true);
    clock.now += 1;
    assert.deepEqual(await verifier.verifyCurrent(statement), { ok: false, reason: 'revoked' });
    assert.equal(verifier.useRevocations(feed).ok, true);
    assert.deepEqual(verifier.verify(statement), { ok: false, reason: 'revoked' });
  });

  play('without a feed nothing is current after the last', async ({ verifier, documents, clock }) => {
    await verifier.verifyCurrent(statement);
    documents['session-revocations'] = undefined;
    clock.now += 14;
    assert.equal((await verifier.verifyCurrent(statement)).current, true);
    clock.now += 1;
    const { cause, ...verdict } = await verifier.verifyCurrent(statement);
    assert.deepEqual(verdict, { ok: false, reason: 'revocations_unknown' });
    assert.equal(
      cause.message,
      'https://app.example/.well-known/session-revocations answered with status 503',
    );
    assert.equal(verifier.verify(statement).current, false);
  });

  play('keys that cannot be had are named, with the cause, and not the statement', async (scene) => {
    const { verifier, documents, clock, asked } = scene;
    const { 'jwks.json': keys } = documents;
    const doubt = async () => {
      const { ok, reason, cause } = await verifier.verifyCurrent(statement);
      assert.deepEqual({ ok, reason }, { ok: false, reason: 'keys_unavailable' });
      return cause;
    };
    documents['jwks.json'] = undefined;
    const status = 'https://app.example/.well-known/jwks.json answered with status 503';
    assert.equal((await doubt()).message, status);
    // Within the two seconds in which nobody asks again, the cause is still told.
    assert.equal((await doubt()).message, status);
    assert.equal(asked['jwks.json'], 1);

    documents['jwks.json'] = '{"keys":7}';
    clock.now += 2;
    assert.equal((await doubt()).code, 'invalid_jwks');

    documents['jwks.json'] = keys;
    clock.now += 2;
    assert.equal((await verifier.verifyCurrent(statement)).ok, true);
  });

  test('of an issuer that cannot be reached, the cause of the cause is told, and no query', async () => {
    const refused = new TypeError('connection refused');
    const jwksUrl = 'https://keys.example/jwks.json?token=secret';
    const verifier = new StatementVerifier({ issuer, jwksUrl, fetch: () => Promise.reject(refused) });
    const { reason, cause } = await verifier.verifyCurrent(statement);
    assert.equal(reason, 'keys_unavailable');
    assert.equal(cause.message, 'https://keys.example/jwks.json could not be fetched');
    assert.equal(cause.cause, refused);
  });

  play('a key that the issuer does not have is not known, however good its keys', async (scene) => {
    const { verifier, documents } = scene;
    documents['jwks.json'] = '{"keys":[]}';
    assert.deepEqual(await verifier.verifyCurrent(statement), { ok: false, reason: 'unknown_key' });
  });

  play('what is no feed is refused, and nothing is known by it', async ({ verifier, documents }) => {
    await verifier.refreshKeys();
    documents['session-revocations'] = statement;
    await assert.rejects(verifier.refreshRevocations(), { name: 'RefreshError' });
    assert.equal(verifier.verify(statement).revocationCheckedAt, null);
  });
}
