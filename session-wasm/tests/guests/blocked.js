// Loaded under a policy without 'wasm-unsafe-eval'.
import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from '../../package/cookie.trusted.js';

import { post } from './report.js';

const keyRing = { signing: 'c1', keys: [{ kty: 'oct', kid: 'c1', alg: 'HS256', k: 'AQ'.repeat(30) }] };
const attempts = [
  () => new StatementVerifier({ jwks: { keys: [] }, issuer: 'https://app.example' }),
  () => new CookieVerifier({ keyRing }),
];
const failures = attempts.flatMap((attempt) => {
  try {
    attempt();
    return ['a policy without wasm-unsafe-eval blocks nothing here'];
  } catch (error) {
    const isClear = error.code === 'webassembly_refused' && error.message.includes("'wasm-unsafe-eval'");
    return isClear ? [] : [`unclear: ${error.name} ${error.code}: ${error.message}`];
  }
});
await post({ tests: attempts.length, failures });
