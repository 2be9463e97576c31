// No page is to get this.

import { TestIssuer } from 'session-wasm/testing';

console.log(TestIssuer);
