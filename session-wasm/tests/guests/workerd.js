import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';
import { askTogether, fetch } from './worker.js';

export default {
  /** `workerd test` calls this. */
  async test(_, { files, self, version }) {
    const read = async (path) => new TextDecoder().decode(await bytes(files, path));
    const report = await conform({ cookie, statement }, read);
    report.failures.push(...(await askTogether(self)));
    console.log(JSON.stringify({ version, ...report }));
  },
  fetch,
};

const bytes = async (files, path) => (await files.fetch(`http://files/${path}`)).arrayBuffer();
