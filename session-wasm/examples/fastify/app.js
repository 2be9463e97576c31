import Fastify from 'fastify';
import { CookieVerifier } from 'session-wasm/cookie';
import { maybeAuthentic, requireLive } from 'session-wasm/fastify';

/** An application beside the session server, on the same host: both get the session cookie. */
export function createApp({ keyRing, origin }) {
  const app = Fastify();

  app.get('/', { onRequest: maybeAuthentic({ keyRing }) }, ({ authenticSession }) =>
    authenticSession ? 'welcome back\n' : 'welcome\n',
  );

  // Before the body is read, and forgeries before the server is asked.
  const onRequest = requireLive({ server: origin, cookies: new CookieVerifier({ keyRing }) });
  const orders = [];
  app.get('/orders', { onRequest }, ({ liveSession }) =>
    orders.filter(({ subject }) => subject === liveSession.subject),
  );
  app.post('/orders', { onRequest }, ({ liveSession, body }, reply) => {
    const order = { subject: liveSession.subject, item: String(body?.item) };
    orders.push(order);
    return reply.code(201).send(order);
  });
  return app;
}
