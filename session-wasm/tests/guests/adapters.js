// The adapters for fetch-style handlers and what stands for a server in tests, in one runtime.

import { requireAuthentic, requireCurrent, requireLive } from 'session-wasm/fetch';
import { TestIssuer } from 'session-wasm/testing';

const issuer = new TestIssuer();
const alice = issuer.signIn('alice');
const { fetch, keyRing } = issuer;
const answer = (_, session) => new Response(session.subject ?? 'somebody');
const handlers = [
  requireAuthentic({ keyRing })(answer),
  requireCurrent({ issuer: issuer.issuer, fetch })(answer),
  requireLive({ server: issuer.issuer, fetch })(answer),
];

async function seen(headers) {
  const ask = async (handler) => handler(new Request(issuer.issuer, { headers }));
  const answers = await Promise.all(handlers.map(ask));
  return Promise.all(answers.map(async (each) => (each.ok ? each.text() : each.status)));
}

const headers = { Cookie: issuer.cookieHeader(alice) };
const report = { known: await seen(headers), stranger: await seen({}) };
issuer.away = true;
report.doubt = await seen({ Cookie: issuer.cookieHeader(issuer.signIn('bob')) });
console.log(JSON.stringify(report));
