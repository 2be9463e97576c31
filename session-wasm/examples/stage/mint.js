// Cookies and statements of any time and key, from FORMAT.md §1 and §2 with Node's own primitives:
// what the server would have made at another hour.

import { createHmac, createPrivateKey, hkdfSync, randomBytes, sign } from 'node:crypto';

const now = () => Math.floor(Date.now() / 1000);
const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The value of a session cookie, made with the key that the ring signs with. */
export function mintCookie({ signing, keys }, { issuedAt = now(), expiresAt = issuedAt + 3600 } = {}) {
  const secret = Buffer.from(keys.find(({ kid }) => kid === signing).k, 'base64url');
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'session-cookie/v1:__Host-session', 32));
  const id = randomBytes(16).toString('base64url');
  const credential = randomBytes(32).toString('base64url');
  const body = `v1.${signing}.${id}.${credential}.${issuedAt}.${expiresAt}`;
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

/** A session statement, made with the key that the ring signs with. */
export function mintStatement({ signing, keys }, { issuer, issuedAt = now(), ...claims }) {
  const key = keys.find(({ kid }) => kid === signing);
  const payload = {
    iss: issuer,
    sub: 'mallory',
    sid: randomBytes(16).toString('base64url'),
    iat: issuedAt,
    exp: issuedAt + 300,
    auth_time: issuedAt,
    idle_expires_at: issuedAt + 1800,
    absolute_expires_at: issuedAt + 3600,
    claims: {},
    ...claims,
  };
  const header = { alg: 'EdDSA', typ: 'session-statement+jwt', kid: signing };
  const body = `${text(header)}.${text(payload)}`;
  const signature = sign(null, Buffer.from(body), createPrivateKey({ key, format: 'jwk' }));
  return `${body}.${signature.toString('base64url')}`;
}

/** The same text with another character in the middle of its last part, the tag or signature. */
export function tamper(value) {
  const at = value.lastIndexOf('.') + 10;
  return value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
}
