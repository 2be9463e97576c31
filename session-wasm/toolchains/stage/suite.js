import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** What Vitest and Jest report alike as JSON: that so many tests ran in each project, and all of them passed. */
export function assertAllPassed(file, expected) {
  const { numTotalTests, numPassedTests, success } = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual([success, numPassedTests, numTotalTests], [true, expected, expected]);
}
