// What Workers alone forbid: one request must not wait for what another has begun. A worker that
// does is cancelled, or hangs.

import { StatementVerifier } from 'session-wasm';

const REQUESTS = 4;

let verifier;
let loads = 0;

/** A worker with one verifier for all of its requests. */
export async function fetch(_, { files }) {
  verifier ??= new StatementVerifier({ issuer: 'https://app.example', fetch: () => load(files) });
  await verifier.refreshKeys();
  return new Response(String(loads));
}

/** Slow enough that the other requests come meanwhile. */
async function load(files) {
  loads += 1;
  await (await files.fetch('http://files/vectors/cookie-v1.json')).arrayBuffer();
  await new Promise((done) => setTimeout(done, 50));
  return new Response('{"keys":[]}');
}

/** Failures, if there are any. */
export async function askTogether(worker) {
  const ask = async () => (await worker.fetch('http://worker/')).text();
  try {
    const answers = await Promise.all(Array.from({ length: REQUESTS }, ask));
    return answers.filter((answer) => answer !== '1').map((answer) => `keys were loaded ${answer} times`);
  } catch (error) {
    return [`requests that need keys at the same time: ${error.message}`];
  }
}
