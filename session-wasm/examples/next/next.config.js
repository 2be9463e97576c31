import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The packages are beside the example, and not in it. */
const root = dirname(dirname(fileURLToPath(import.meta.url)));

export default { turbopack: { root }, outputFileTracingRoot: root };
