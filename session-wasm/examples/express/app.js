import express from 'express';
import { CookieVerifier } from 'session-wasm/cookie';
import { maybeAuthentic, requireLive } from 'session-wasm/express';

/** An application beside the session server, on the same host: both get the session cookie. */
export function createApp({ keyRing, origin }) {
  const app = express();
  app.disable('x-powered-by');

  app.get('/', maybeAuthentic({ keyRing }), ({ authenticSession }, response) => {
    response.type('text').send(authenticSession ? 'welcome back\n' : 'welcome\n');
  });

  // Forgeries are turned away before the server is asked.
  const liveOnly = requireLive({ server: origin, cookies: new CookieVerifier({ keyRing }) });
  const orders = [];
  app.get('/orders', liveOnly, ({ liveSession }, response) => {
    response.json(orders.filter(({ subject }) => subject === liveSession.subject));
  });
  app.post('/orders', liveOnly, express.json(), ({ liveSession, body }, response) => {
    const order = { subject: liveSession.subject, item: String(body?.item) };
    orders.push(order);
    response.status(201).json(order);
  });
  return app;
}
