/** A visit by a `Request`; `request` is what options are asked about, where that is something else. */
export function visitOf({ method, url, headers }, request) {
  const { pathname, search, host } = new URL(url);
  const header = (name) => headers.get(name) ?? undefined;
  return { request, method, path: pathname + search, host: header('host') ?? host, header };
}

export const responseOf = ({ status, headers, body }) => new Response(body || null, { status, headers });

/** A WebSocket's: what says so cannot be made again with other headers. */
export const isUpgrade = ({ status }) => status === 101;

/** Adds what the visitor is to get beside what is answered, which may be of a response that cannot be changed. */
export function withCookies(response, setCookies, session) {
  const isForCaches = !session || response.headers.has('Cache-Control');
  if ((setCookies.length === 0 && isForCaches) || isUpgrade(response)) return response;
  const added = new Response(response.body, response);
  for (const cookie of setCookies) added.headers.append('Set-Cookie', cookie);
  // It may be about one person; whoever knows better has said so.
  if (!isForCaches) added.headers.set('Cache-Control', 'no-store');
  return added;
}
