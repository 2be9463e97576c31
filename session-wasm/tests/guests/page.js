import * as statement from 'session-wasm';
// By its path: the name `session-wasm/cookie` is for edges, and no bundler resolves it for a page.
import * as cookie from '../../package/cookie.trusted.js';

import { conform } from '../suite/conform.js';
import { post } from './report.js';

const read = async (path) => (await fetch(`/${path}`)).text();

const generated = document.documentElement.dataset.generated === 'yes';
post(await conform({ cookie, statement }, read, { generated }));
