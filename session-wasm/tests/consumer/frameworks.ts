// What somebody who uses a framework writes; compiled, never run.

import express, { type Express } from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { SessionClient } from 'session-wasm/client';
import { CookieVerifier } from 'session-wasm/cookie';
import * as onExpress from 'session-wasm/express';
import * as onFastify from 'session-wasm/fastify';
import {
  type LiveSession,
  LiveVerifier,
  maybeAuthentic,
  requireLive,
  sessionHeaders,
} from 'session-wasm/fetch';
import * as onHono from 'session-wasm/hono';
import { liveSession, requireCurrent } from 'session-wasm/next';
import { useSession } from 'session-wasm/react';
import { TestIssuer, type TestSession } from 'session-wasm/testing';
import { useSession as useSessionInVue } from 'session-wasm/vue';

const server = 'http://127.0.0.1:8080';
const issuer = 'https://app.example';
const keyRing = { signing: 'c1', keys: [{ kty: 'oct', kid: 'c1', alg: 'HS256', k: '' }] } as const;
const cookies = new CookieVerifier({ keyRing });

const app: Express = express();
app.use(onExpress.maybeAuthentic({ keyRing }));
app.get(
  '/',
  onExpress.requireLive({ server, cookies, clientAddress: ({ ip }: express.Request) => ip }),
  (request, response) => {
    const session: LiveSession | undefined = request.liveSession;
    response.json(session?.subject);
  },
);

const onRequest = onFastify.requireCurrent({
  issuer,
  server,
  signIn: '/login',
  onRefusal: ({ reason }) => reason,
});
fastify().get('/', { onRequest }, async (request) => request.currentSession?.claims);

export const hono = new Hono()
  .get('/', onHono.requireLive({ server }), (c) => c.text(c.get('liveSession').subject))
  .get('/maybe', onHono.maybeCurrent({ issuer }), (c) => c.text(c.var.currentSession?.subject ?? ''));

export const worker = {
  fetch: requireLive({ server })((request: Request, session, env: { NAME: string }) =>
    fetch(new Request(request, { headers: sessionHeaders(request, { ...session, subject: env.NAME }) })),
  ),
};
export const greeting = maybeAuthentic({ keyRing })((_, session) => new Response(session?.sessionId));

export const middleware = requireCurrent({ issuer, clientAddress: (request) => request.nextUrl.hostname });
export const session: Promise<LiveSession | undefined> = liveSession({ server })();

export async function ask(): Promise<string> {
  const verdict = await new LiveVerifier({ server, deadline: 1 }).verifyLive('', { passive: true });
  if (verdict.ok) return verdict.subject;
  return verdict.reason === 'unavailable' ? verdict.cause.message : verdict.reason;
}

const client = new SessionClient();
export const reason: string = useSession(client).status;
export const status: string = useSessionInVue(client).value.status;

const test = new TestIssuer({ seed: 'a' });
const made: TestSession = test.signIn('alice', { claims: { roles: [] } });
export const header: string = test.cookieHeader(made, 1_800_000_000);
export const live = requireLive({ server: test.issuer, fetch: test.fetch });

// @ts-expect-error a cookie does not say whose it is
maybeAuthentic({ keyRing })((_, session) => new Response(session?.subject));
// @ts-expect-error there may be none
maybeAuthentic({ keyRing })((_, session) => new Response(session.sessionId));
// @ts-expect-error who only looked at a cookie has no live session
new Hono().get('/', onHono.requireAuthentic({ keyRing }), (c) => c.text(c.get('liveSession').subject));
// @ts-expect-error live is the word of a server, which has to be named
requireLive({ issuer });
// @ts-expect-error what the server says is not for setting
useSessionInVue(client).value = client.state;
