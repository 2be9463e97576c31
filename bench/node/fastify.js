// A peer: Fastify with @fastify/session, in Redis by connect-redis, as its documentation has.

import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import Fastify from 'fastify';
import { announce, isExtended, openStore, secret } from './started.js';

const app = Fastify();
app.register(fastifyCookie);
app.register(fastifySession, {
  store: await openStore(),
  secret,
  saveUninitialized: false,
  rolling: isExtended,
  // Over https they would be.
  cookie: { secure: false, sameSite: 'lax' },
});

const signedIn = async (request, reply) => {
  if (!request.session.subject) {
    return reply.code(401).send('not signed in');
  }
};

app.get('/check', { preHandler: signedIn }, async (request) => ({ subject: request.session.subject }));

app.post('/login/:name', async (request) => {
  request.session.subject = request.params.name;
  return { subject: request.params.name };
});

app.patch('/data', { preHandler: signedIn }, async (request) => {
  request.session.cart = request.body.cart;
  return { cart: request.session.cart };
});

await app.listen({ port: 0, host: '127.0.0.1' });
announce(app.server);
