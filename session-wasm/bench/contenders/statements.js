import { importJWK, jwtVerify } from 'jose';

import { decode } from './base64url.js';

export const OURS = 'session-wasm';
export const OURS_AGAIN = 'session-wasm, seen again';

const { subtle } = globalThis.crypto;
const encoder = new TextEncoder();

/** The statements of the vectors that are good, each with what is signed and the public key. */
export function goodStatements({ jwks, vectors }) {
  const good = vectors.filter(({ name }) => name.startsWith('valid '));
  return good.map(({ statement, now }) => {
    const [header, payload, signature] = statement.split('.');
    const { kid } = JSON.parse(atob(header));
    const jwk = jwks.keys.find((key) => key.kid === kid);
    return { statement, now, text: `${header}.${payload}`, signature, jwk };
  });
}

export function ours({ StatementVerifier }, { jwks, issuer }, good) {
  const contender = (name, remember) => {
    const verifier = new StatementVerifier({ jwks, issuer, remember });
    return {
      name,
      verify: (i) => verifier.verify(good[i % good.length].statement, good[i % good.length].now).ok,
    };
  };
  return [contender(OURS, 0), contender(OURS_AGAIN)];
}

/** Peers that need nothing but WebCrypto: jose judges what we judge, the other the signature alone. */
export async function portable({ issuer }, good) {
  const algorithm = { name: 'Ed25519' };
  const keys = await Promise.all(good.map(({ jwk }) => importJWK(jwk, 'EdDSA')));
  const options = good.map(({ now }) => ({
    issuer,
    typ: 'session-statement+jwt',
    currentDate: new Date(now * 1000),
  }));
  const at = (i) => i % good.length;
  return [
    {
      name: 'jose EdDSA',
      isAsync: true,
      verify: (i) => jwtVerify(good[at(i)].statement, keys[at(i)], options[at(i)]),
    },
    {
      name: 'WebCrypto Ed25519',
      isAsync: true,
      verify: (i) => {
        const { text, signature } = good[at(i)];
        return subtle.verify(algorithm, keys[at(i)], decode(signature), encoder.encode(text));
      },
    },
  ];
}
