import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

/** Called from outside; the report leaves this realm as text. */
globalThis.conformHere = async (read) => JSON.stringify(await conform({ cookie, statement }, read));
