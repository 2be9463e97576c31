// The real server behind a proxy that counts, delays and cuts.

import { after } from '../../../testing/after.js';
import { newKeys, startServer as startReal } from '../../../testing/server.js';
import { startProxy } from './proxy.js';

/** A server with one user and a proxy before it, whose origin is the one that browsers see. */
export async function startServer(t, ...flags) {
  const proxy = await startProxy();
  after(t, proxy.close);
  const real = await startReal(t, '--public-origin', proxy.origin, ...flags);
  proxy.passTo(new URL(real.address).port);
  return {
    ...real,
    origin: proxy.origin,
    proxy,
    /** Makes another key the one that signs statements; the server learns of it at its next start. */
    async rotateStatementKey() {
      const [{ cookie, statement }, fresh] = [real.keys(), await newKeys(t)];
      const keys = [...statement.keys, { ...fresh.statement.keys[0], kid: 'rotated' }];
      real.writeKeys({ cookie, statement: { signing: 'rotated', keys } });
    },
  };
}

/** Something that waits until it is let go. */
export function gate() {
  let open;
  const promise = new Promise((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
