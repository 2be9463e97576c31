import { currentSession } from 'session-wasm/next';

const session = currentSession({ issuer: process.env.ISSUER });

/** Reads for itself whose page it is, so that it shows nothing if nobody stands in front. */
export default async function Account() {
  const found = await session();
  return <p id="who">{found ? `account of ${found.subject}` : 'nobody'}</p>;
}
