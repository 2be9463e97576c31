import { serve } from '@hono/node-server';

import { createApp } from './app.js';

const { ISSUER, PORT = '8000' } = process.env;

serve({ fetch: createApp(ISSUER).fetch, hostname: '127.0.0.1', port: Number(PORT) }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`);
});
