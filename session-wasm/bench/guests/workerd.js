import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { compare } from '../compare.js';

export default {
  /** `workerd test` calls this. */
  async test(_, { files, version }) {
    const read = async (path) => (await files.fetch(`http://files/${path}`)).text();
    // Without an answer from outside, no time passes here.
    const now = async () => {
      await read('vectors/README.md');
      return performance.now();
    };
    console.log(JSON.stringify({ version, ...(await compare({ cookie, statement }, read, { now })) }));
  },
};
