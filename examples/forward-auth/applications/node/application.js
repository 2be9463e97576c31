// An application behind a proxy that asks session-server: it is told whose a request is, and believes a statement
// only once it has verified it.

import { createServer } from 'node:http';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { WebSocketServer } from 'ws';

// ANCHOR: verify
// Asked of session-server itself, and again when there is a new key.
const keys = createRemoteJWKSet(new URL(process.env.JWKS));
const expected = {
  algorithms: ['EdDSA'],
  issuer: process.env.ISSUER,
  typ: 'session-statement+jwt',
  requiredClaims: ['sub', 'sid', 'exp'],
};

/** The claims of the statement, or nobody's where a path is for everybody; throws at one that is not good. */
async function whoIs({ headers }) {
  const statement = headers['x-session-statement'];
  if (!statement) return { sub: null, sid: null };
  const { payload } = await jwtVerify(statement, keys, expected);
  return payload;
}
// ANCHOR_END: verify

let received = 0;

const server = createServer(async (request, response) => {
  try {
    const { sub: subject, sid: session_id } = await whoIs(request);
    if (request.url === '/refused') return response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end();
    if (request.method === 'POST') for await (const chunk of request) received += chunk.length;
    const headers = pairs(request.rawHeaders);
    const { method, url: target } = request;
    response.setHeader('Set-Cookie', 'theme=dark');
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ subject, session_id, method, target, headers, received }));
  } catch (error) {
    response.writeHead(isNotGood(error) ? 403 : 503).end();
  }
});

const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', async (request, socket, head) => {
  try {
    const { sub } = await whoIs(request);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (message) => webSocket.send(`${sub}: ${message}`));
    });
  } catch (error) {
    socket.end(`HTTP/1.1 ${isNotGood(error) ? 403 : 503}\r\nConnection: close\r\n\r\n`);
  }
});

server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log(`serving on http://127.0.0.1:${server.address().port}`);
});

/** Rather than that the keys are not to be had, of which nobody can tell. */
const isNotGood = (error) =>
  error instanceof errors.JOSEError && !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code);

const pairs = (names) => names.flatMap((name, index) => (index % 2 ? [] : [[name, names[index + 1]]]));
