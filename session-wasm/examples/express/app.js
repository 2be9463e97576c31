import express from 'express';

import { requireLiveSession, verifiedSession } from './sessions.js';

/** An application beside the session server, on the same host: both get the session cookie. */
export function createApp({ keyRing, origin }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(verifiedSession(keyRing));

  app.get('/', ({ verifiedSession: session }, response) => {
    response.set('Cache-Control', 'no-store');
    response.type('text').send(session ? 'welcome back\n' : 'welcome\n');
  });

  const orders = [];
  app.get('/orders', requireLiveSession(origin), ({ liveSession }, response) => {
    response.set('Cache-Control', 'no-store');
    response.json(orders.filter(({ subject }) => subject === liveSession.subject));
  });
  app.post('/orders', requireLiveSession(origin), express.json(), ({ liveSession, body }, response) => {
    const order = { subject: liveSession.subject, item: String(body?.item) };
    orders.push(order);
    response.status(201).json(order);
  });
  return app;
}
