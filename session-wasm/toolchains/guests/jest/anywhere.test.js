import { StatementVerifier } from 'session-wasm';
import { SessionClient } from 'session-wasm/client';

const { jwks, issuer, statements } = JSON.parse(process.env.SCENE);

test('a good statement is authentic, and a forged one is not', () => {
  const verifier = new StatementVerifier({ jwks, issuer });
  expect(verifier.verify(statements[0])).toMatchObject({ ok: true, subject: 'alice' });
  expect(verifier.verify(statements[1])).toEqual({ ok: false, reason: 'bad_signature' });
});

test('texts of every kind come back as they were, with encoders or without', () => {
  const verifier = new StatementVerifier({ jwks, issuer });
  expect(verifier.verify(statements[0]).claims).toEqual({ name: 'Ünï 🔑' });
});

test('keys are fetched by what stands in for fetch', async () => {
  const fetch = async () => ({ ok: true, text: async () => JSON.stringify(jwks) });
  const verifier = new StatementVerifier({ issuer, fetch });
  expect(await verifier.refreshKeys()).toBe(true);
  expect(verifier.verify(statements[0]).ok).toBe(true);
});

test('a client waits to be started', () => {
  expect(new SessionClient({ baseUrl: issuer }).state.status).toBe('asking');
});
