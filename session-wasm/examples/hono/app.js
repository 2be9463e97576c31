import { Hono } from 'hono';

import { requireSession, session } from './session.js';

/** An application beside the session server, on the same host: both get its cookies. */
export function createApp(issuer) {
  const app = new Hono();
  app.use(session(issuer));
  app.get('/', (c) => c.text(`welcome, ${c.get('session')?.subject ?? 'stranger'}\n`));
  app.get('/account', requireSession, (c) => {
    const { subject, claims, absoluteExpiresAt } = c.get('session');
    c.header('Cache-Control', 'no-store');
    return c.json({ subject, claims, until: absoluteExpiresAt });
  });
  return app;
}
