import * as statement from 'session-wasm';
// By its path: the name `session-wasm/cookie` is for edges, and no bundler resolves it for a page.
import * as cookie from '../../package/cookie.trusted.js';
import { post } from '../../tests/guests/report.js';
import { compare } from '../compare.js';

const read = async (path) => (await fetch(`/${path}`)).text();

post(await compare({ cookie, statement }, read));
