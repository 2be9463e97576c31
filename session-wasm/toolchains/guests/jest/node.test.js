import { CookieVerifier } from 'session-wasm/cookie';

const { keyRing, cookies } = JSON.parse(process.env.SCENE);

test('a good cookie is authentic, and a forged one is not', () => {
  const verifier = new CookieVerifier({ keyRing });
  expect(verifier.verify(cookies[0])).toMatchObject({ ok: true });
  expect(verifier.verify(cookies[1])).toEqual({ ok: false, reason: 'bad_tag' });
});
