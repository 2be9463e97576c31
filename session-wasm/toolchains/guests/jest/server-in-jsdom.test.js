/**
 * @jest-environment jsdom
 * @jest-environment-options {"customExportConditions": ["node"]}
 */
import { CookieVerifier } from 'session-wasm/cookie';

const { keyRing, cookies } = JSON.parse(process.env.SCENE);

test('a test of a server says so, and has the cookie module in jsdom too', () => {
  const verifier = new CookieVerifier({ keyRing });
  expect(verifier.verify(cookies[0])).toMatchObject({ ok: true });
  expect(verifier.verify(cookies[1])).toEqual({ ok: false, reason: 'bad_tag' });
});
