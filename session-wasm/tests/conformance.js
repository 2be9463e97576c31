// One suite for every runtime: a launcher hands in the modules, the vectors and `test`.

/** Every vector of FORMAT.md §1 through a bare value and through a whole header. */
export function checkCookies(test, assert, { CookieVerifier, decodeUnverified, vectors: { keys, vectors } }) {
  const keyRing = { signing: keys[0].kid, keys };

  for (const { name, cookie_name: cookieName, cookie, now, expect } of vectors) {
    const expected = expect.ok
      ? {
          ok: true,
          sessionId: expect.ok.session_id,
          issuedAt: expect.ok.issued_at,
          expiresAt: expect.ok.expires_at,
          keyId: expect.ok.key_id,
        }
      : { ok: false, reason: expect.error };

    // R17: as the core, by vectors of another implementation.
    test(`cookie vector: ${name}`, () => {
      const verifier = new CookieVerifier({ keyRing, cookieName });
      assert.deepEqual(verifier.verify(cookie, now), expected);
      assert.deepEqual(verifier.verify(cookie, now), expected, 'and when it is seen again');
      const unread = ['malformed', 'too_long'].find((reason) => reason === expect.error);
      assert.equal(decodeUnverified(cookie).reason, unread);
    });

    // What a header cannot carry unchanged: it trims the space round a value.
    if (cookie !== cookie.trim()) continue;
    test(`cookie vector in a header: ${name}`, () => {
      const verifier = new CookieVerifier({ keyRing, cookieName });
      const header = `theme="dark; ü=é; ${cookieName}=${cookie}; last=1`;
      assert.deepEqual(verifier.verify(header, now), expected);
      assert.deepEqual(verifier.verify(header, now), expected, 'and when it is seen again');
    });
  }

  const good = vectors.filter(({ expect, cookie_name }) => expect.ok && cookie_name === '__Host-session');
  const now = good[0].now;
  const verifier = new CookieVerifier({ keyRing });

  test('a header without the session cookie is absent, and so is no header', () => {
    for (const header of ['theme=dark', 'a=b; __Host-session2=x', undefined, null]) {
      assert.deepEqual(verifier.verify(header, now), { ok: false, reason: 'absent' });
    }
  });

  test('a good cookie wins over one planted beside it', () => {
    const header = `__Host-session=planted; __Host-session=${good[0].cookie}`;
    assert.equal(verifier.verify(header, now).sessionId, good[0].expect.ok.session_id);
  });

  test('good cookies of two sessions are ambiguous', async () => {
    const [first, second] = await Promise.all(['A', 'Q'].map((letter) => make(keys[0], letter, now)));
    assert.equal(verifier.verify(first, now).ok, true);
    assert.equal(verifier.verify(second, now).ok, true);
    const header = `__Host-session=${first}; __Host-session=${second}`;
    assert.deepEqual(verifier.verify(header, now), { ok: false, reason: 'ambiguous' });
  });

  test('no text makes verification throw', () => {
    for (const text of ['\0', '\ud800', '=', ';;;', '🔑'.repeat(100_000), `v1.${'.'.repeat(100)}`]) {
      assert.equal(verifier.verify(text, now).ok, false);
    }
  });

  // R5, R39: a key that is too short is misuse, and is not told.
  test('a refused key ring is named without its secret', () => {
    const short = { signing: 'c1', keys: [{ kty: 'oct', kid: 'c1', alg: 'HS256', k: 'c2hvcnQ' }] };
    const isMisuse = (error) => error.code === 'invalid_key_ring' && !error.message.includes('c2hvcnQ');
    assert.throws(() => new CookieVerifier({ keyRing: short }), isMisuse);
    for (const wrong of [
      undefined,
      'not JSON',
      {},
      { ...keyRing, signing: 'c9' },
      { ...keyRing, keys: [{}] },
    ]) {
      assert.throws(() => new CookieVerifier({ keyRing: wrong }), { code: 'invalid_key_ring' });
    }
    assert.throws(() => new CookieVerifier({ keyRing, cookieName: 'session' }), { code: 'invalid_key_ring' });
  });

  test('a key ring may be given as the text of a Worker secret', () => {
    const fromText = new CookieVerifier({ keyRing: JSON.stringify(keyRing) });
    assert.equal(fromText.verify(good[0].cookie, now).ok, true);
  });

  misuse(test, assert, verifier, 'invalid_cookie');
}

/** Every vector of FORMAT.md §2. */
export function checkStatements(
  test,
  assert,
  { StatementVerifier, decodeUnverified, vectors: { issuer, jwks, vectors } },
) {
  const verifier = new StatementVerifier({ jwks, issuer });

  for (const { name, statement, now, expect } of vectors) {
    // R17: likewise.
    test(`statement vector: ${name}`, () => {
      const verdict = verifier.verify(statement, now);
      assert.deepEqual(verifier.verify(statement, now), verdict, 'and when it is seen again');
      const unread = expect.error === 'malformed' ? 'malformed' : undefined;
      assert.equal(decodeUnverified(statement).reason, unread);
      if (expect.error) {
        assert.deepEqual(verdict, refusal(expect.error, statement, issuer));
        return;
      }
      const claims = expect.ok;
      const { keyId, ...rest } = verdict;
      assert.ok(jwks.keys.some((key) => key.kid === keyId));
      assert.deepEqual(rest, {
        ok: true,
        subject: claims.sub,
        sessionId: claims.sid,
        issuedAt: claims.iat,
        expiresAt: claims.exp,
        authenticatedAt: claims.auth_time,
        idleExpiresAt: claims.idle_expires_at,
        absoluteExpiresAt: claims.absolute_expires_at,
        claims: claims.claims,
        revocationCheckedAt: null,
        current: false,
      });
    });
  }

  test('no statement is absent', () => {
    assert.deepEqual(verifier.verify(undefined, 0), { ok: false, reason: 'absent' });
  });

  test('no text makes verification throw', () => {
    for (const text of ['', '..', '\0', '\ud800', 'e30.e30.e30', 'a'.repeat(1_000_000)]) {
      assert.deepEqual(verifier.verify(text, 0), { ok: false, reason: 'malformed' });
    }
  });

  test('what is not a key set is misuse', () => {
    for (const wrong of [null, 'not JSON', {}, { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 's1' }] }]) {
      assert.throws(() => new StatementVerifier({ jwks: wrong, issuer }), { code: 'invalid_jwks' });
    }
    assert.throws(() => new StatementVerifier({ jwks }), { code: 'invalid_issuer' });
  });

  test('what is not the origin of a server is no issuer, and the error shows both', () => {
    for (const wrong of [
      '',
      'app.example',
      '//app.example',
      'https:app.example',
      'https://',
      'https://app.example/',
      'https://app.example/x',
      'https://app.example?x',
      'https://app.example#',
      'https://u@app.example',
      'https://app.example:',
      'https://app.example:99999',
      ' https://app.example',
      'https://app example',
      'https://*',
      'ftp://app.example',
      'null',
    ]) {
      const saysBoth = ({ name, code, message }) =>
        name === 'MisuseError' &&
        code === 'invalid_issuer' &&
        message.includes('https://app.example,') &&
        message.endsWith(`found ${JSON.stringify(wrong)}`);
      assert.throws(() => new StatementVerifier({ issuer: wrong }), saysBoth);
    }
    for (const right of [
      'https://app.example',
      'http://127.0.0.1:8080',
      'http://[::1]:1',
      'HTTPS://APP.example:443',
    ]) {
      assert.ok(new StatementVerifier({ issuer: right }));
    }
  });

  // R18: a page cannot be given one.
  test('a symmetric key in the set verifies nothing', () => {
    const oct = { kty: 'oct', kid: 's1', alg: 'HS256', k: 'A'.repeat(43) };
    const deaf = new StatementVerifier({ jwks: { keys: [oct] }, issuer });
    const { statement, now } = vectors.find(({ expect }) => expect.ok);
    assert.deepEqual(deaf.verify(statement, now), { ok: false, reason: 'unknown_key' });
  });

  misuse(test, assert, verifier, 'invalid_statement');
}

/** What the statement module, which holds no key for it, says of every cookie vector of FORMAT.md §1. */
export function checkUnverifiedCookies(test, assert, { decodeCookieUnverified, vectors: { vectors } }) {
  for (const { name, cookie_name: cookieName, cookie, expect } of vectors) {
    test(`unverified cookie vector: ${name}`, () => {
      const [decoded, ...others] = decodeCookieUnverified(cookie, cookieName);
      assert.deepEqual(others, []);
      const unread = ['malformed', 'too_long'].find((reason) => reason === expect.error);
      assert.equal(decoded.reason, unread);
      if (!expect.ok) return;
      const { session_id: sessionId, issued_at: issuedAt, expires_at: expiresAt, key_id: keyId } = expect.ok;
      assert.deepEqual(decoded, { unverified: { sessionId, issuedAt, expiresAt, keyId } });
    });
  }

  test('every cookie of the name in a header is read, and no other', () => {
    const { cookie, expect } = vectors.find((vector) => vector.expect.ok);
    const header = `theme="dark; x__Host-session=${cookie}; __Host-session=planted;\t__Host-session=${cookie} ; a=b`;
    const [planted, own, ...others] = decodeCookieUnverified(header);
    assert.deepEqual(planted, { reason: 'malformed' });
    assert.equal(own.unverified.sessionId, expect.ok.session_id);
    assert.deepEqual(others, []);
    assert.deepEqual(decodeCookieUnverified('theme=dark'), []);
    assert.deepEqual(decodeCookieUnverified(''), [{ reason: 'malformed' }]);
    assert.throws(() => decodeCookieUnverified(null), { code: 'invalid_cookie' });
  });
}

/** Every vector of FORMAT.md §3, each for a reader that holds no feed yet. */
export function checkRevocations(test, assert, { StatementVerifier, vectors: { issuer, jwks, vectors } }) {
  for (const { name, feed, now, expect } of vectors) {
    // R17: likewise.
    test(`revocations vector: ${name}`, () => {
      const expected = expect.ok
        ? { ok: true, issuedAt: expect.ok.iat, expiresAt: expect.ok.exp }
        : refusal(expect.error, feed, issuer);
      assert.deepEqual(new StatementVerifier({ jwks, issuer }).useRevocations(feed, now), expected);
    });
  }
}

/** A wrong issuer comes with the name that stands in the statement or feed, beside the one of the verifier. */
function refusal(reason, jws, expected) {
  if (reason !== 'wrong_issuer') return { ok: false, reason };
  const payload = atob(jws.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
  return { ok: false, reason, expected, found: JSON.parse(payload).iss };
}

function misuse(test, assert, verifier, code) {
  test('an argument of the wrong type is misuse, with a code', () => {
    assert.throws(() => verifier.verify(42, 0), { name: 'MisuseError', code });
    for (const now of [-1, 0.5, Number.NaN, '0', 1_764_000_000_000]) {
      assert.throws(() => verifier.verify('', now), { name: 'MisuseError', code: 'invalid_time' });
    }
  });
}

/** A cookie by WebCrypto, from FORMAT.md §1 alone; its session ID is all one letter. */
async function make({ kid, k }, letter, now) {
  const { subtle } = globalThis.crypto;
  const encode = (text) => new TextEncoder().encode(text);
  const info = encode('session-cookie/v1:__Host-session');
  const secret = Uint8Array.from(atob(k.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
    char.charCodeAt(0),
  );
  const ikm = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
  const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  const key = await subtle.deriveKey(hkdf, ikm, hmac, false, ['sign']);
  const text = `v1.${kid}.${letter.repeat(22)}.${'A'.repeat(43)}.${now}.${now + 60}`;
  const tag = String.fromCharCode(...new Uint8Array(await subtle.sign('HMAC', key, encode(text))));
  return `${text}.${btoa(tag).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}
