import assert from 'node:assert/strict';

/** The build of a page that takes the cookie module fails, and the tool's message says why. */
export const assertRefused = (building) => assert.rejects(building, /no page may have it/);
