import { setTimeout as pause } from 'node:timers/promises';

/** Asks again until it is so. What never becomes so ends with the time of the test. */
export async function until(condition) {
  while (!(await condition())) await pause(50);
}
