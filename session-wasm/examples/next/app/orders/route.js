import { liveSession } from 'session-wasm/next';

const session = liveSession({ server: process.env.ISSUER });

/** What changes something asks the server. */
export async function POST() {
  const found = await session();
  if (!found) return Response.json({ status: 401 }, { status: 401 });
  return Response.json({ orderedBy: found.subject }, { status: 201 });
}
