const PREFIX = 'x-session-';

export function sessionHeaders({ headers }, session) {
  const onward = new Headers(headers);
  for (const name of headers.keys()) {
    // Some servers read `_` in a name as `-`.
    if (name.replaceAll('_', '-').startsWith(PREFIX)) onward.delete(name);
  }
  if (session) onward.set(`${PREFIX}id`, session.sessionId);
  // A header has no room for every character; the session server's own forward-auth writes it likewise.
  if (session?.subject !== undefined) onward.set(`${PREFIX}subject`, encodeURIComponent(session.subject));
  return onward;
}
