// A proxy that stands between an example and the server, and remembers what came through it.

import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';

/**
 * Passes every request on to `target`; `seen` has the request as it came, the latest last. With
 * `overrides` it passes on other headers than it got, as a proxy that mixes up its users.
 */
export async function startRecorder(t, target, overrides = {}) {
  const seen = [];
  const listener = createServer((request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers });
    const onward = ask(new URL(url, target), { method, headers: { ...headers, ...overrides } });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  return { origin: await listen(t, listener), seen };
}

/** The URL of a Node server that listens until the end of the test. */
export async function listen(t, listener) {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(async () => {
    listener.closeAllConnections();
    listener.close();
    await once(listener, 'close');
  });
  return `http://127.0.0.1:${listener.address().port}`;
}
