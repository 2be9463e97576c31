import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

export default {
  /** `workerd test` calls this. */
  async test(_, { files, version }) {
    const read = async (path) => new TextDecoder().decode(await bytes(files, path));
    const report = await conform({ CookieVerifier, StatementVerifier }, read);
    console.log(JSON.stringify({ version, ...report }));
  },
};

const bytes = async (files, path) => (await files.fetch(`http://files/${path}`)).arrayBuffer();
