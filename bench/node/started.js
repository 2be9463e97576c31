// How a peer is started: `node PEER.js REDIS-URL plain|extended SECRET`. It listens on any free port and says where.

import { RedisStore } from 'connect-redis';
import { createClient } from 'redis';

const [url, extension, secret] = process.argv.slice(2);

/** Whether each request is to push the end of its session. */
export const isExtended = extension === 'extended';

export { secret };

/** Longer than a measurement takes, in seconds. */
const LIFETIME = 12 * 60 * 60;

/** Sessions in Redis, over the one connection of the client. */
export async function openStore() {
  const client = createClient({ url });
  await client.connect();
  return new RedisStore({ client, ttl: LIFETIME, disableTouch: !isExtended });
}

/** Tells whoever started it where it listens. */
export function announce(server) {
  const { address, port } = server.address();
  console.log(`serving on http://${address}:${port}`);
}
