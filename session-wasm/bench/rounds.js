/** An odd number, so that the median is one that was measured. */
export const ROUNDS = 11;
/** Milliseconds for one contender in one round: a clock of whole milliseconds errs by a fortieth. */
const BLOCK = 40;

/**
 * Nanoseconds of one verification by each contender, in each round. Contenders take turns, so that
 * whatever else the machine does in a round slows all of them, and ratios within a round mean something.
 *
 * `now` may be asynchronous: on Workers, time stands still until something arrives from outside.
 */
export async function measure(contenders, now) {
  const counts = new Map();
  for (const contender of contenders) counts.set(contender, await calibrate(contender, now));
  const samples = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of turned(contenders, round)) {
      const times = counts.get(contender);
      samples[contender.name].push(((await block(contender, times, now)) * 1e6) / times);
    }
  }
  return samples;
}

/** How many verifications fill a block, warm. A machine that does something else makes fewer of them seem enough. */
async function calibrate(contender, now) {
  let times = 16;
  for (;;) {
    const tries = [];
    for (let i = 0; i < 3; i += 1) tries.push(await block(contender, times, now));
    const took = Math.min(...tries);
    if (took >= BLOCK) return Math.ceil((times * BLOCK) / took);
    times *= took < BLOCK / 8 ? 4 : 2;
  }
}

/** Another one begins in each round: what comes after a slow one finds cold caches. */
const turned = (list, by) => list.map((_, i) => list[(i + by) % list.length]);

async function block({ name, verify, isAsync }, times, now) {
  const start = await now();
  const good = isAsync ? await repeatAsync(verify, times) : repeat(verify, times);
  const took = (await now()) - start;
  if (good !== times) throw new Error(`${name} refused what is good`);
  return took;
}

function repeat(verify, times) {
  let good = 0;
  for (let i = 0; i < times; i += 1) if (verify(i)) good += 1;
  return good;
}

async function repeatAsync(verify, times) {
  let good = 0;
  for (let i = 0; i < times; i += 1) if (await verify(i)) good += 1;
  return good;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Of what was measured within the same rounds. */
export const ratio = (ours, theirs) => median(ours.map((value, round) => value / theirs[round]));
