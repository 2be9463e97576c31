import { initSync as cookie } from '../../package/cookie.glue.js';
import { initSync as statement } from '../../package/statement.glue.js';

const PAGE = 65_536;
const glue = { cookie, statement };

/** Pages of the memory of a module that is running: its glue hands out what is there already. */
export const pages = (module) => glue[module]().memory.buffer.byteLength / PAGE;
