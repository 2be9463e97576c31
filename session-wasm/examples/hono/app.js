// Public keys are enough here: nothing on this server can make a session.

import { Hono } from 'hono';
import { maybeCurrent, requireCurrent } from 'session-wasm/hono';

/** An application beside the session server, on the same host: both get its cookies. */
export function createApp(issuer) {
  // Whose statement has run out while the session lives is asked about, once, and gets a new one.
  const sessions = { issuer, server: issuer };
  const app = new Hono();
  app.get('/', maybeCurrent(sessions), (c) => {
    const { subject = 'stranger' } = c.get('currentSession') ?? {};
    return c.text(`welcome, ${subject}\n`);
  });
  app.get('/account', requireCurrent(sessions), (c) => {
    const { subject, claims, absoluteExpiresAt } = c.get('currentSession');
    return c.json({ subject, claims, until: absoluteExpiresAt });
  });
  return app;
}
