// A page that knows its visitor by the statement cookie alone: its server is away.
import { StatementVerifier } from 'session-wasm';
import { SessionClient } from 'session-wasm/client';

export async function show() {
  const { jwks, issuer, statements } = await (await fetch('/scene.json')).json();
  const verifier = new StatementVerifier({ jwks, issuer });
  await cookieStore.set('statement', statements[0]);
  const client = new SessionClient({ jwks, issuer, statementCookie: 'statement' });
  client.addEventListener('changed', ({ detail: { status, verdict } }) => {
    if (status !== 'signed_in') return;
    const verdicts = statements.map((statement) => verifier.verify(statement));
    globalThis.report = { statements: verdicts, presumed: verdict.ok };
  });
  client.start();
}
