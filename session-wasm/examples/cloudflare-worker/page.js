/** The same for everybody who is logged in, and for nobody's cache. */
export function membersPage({ expiresAt }) {
  const until = new Date(expiresAt * 1000).toISOString();
  const html = `<!doctype html>
<html lang="en">
<title>Members</title>
<h1>Members</h1>
<p>Served at the edge. Log in again by <time datetime="${until}">${until}</time> at the latest.</p>
<form method="post" action="/logout"><button>Log out</button></form>
</html>
`;
  return new Response(html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
      'Cache-Control': 'no-store',
      Vary: 'Cookie',
    },
  });
}
