// How long after navigation a signed-in person sees a verified session. Prints, and asserts nothing:
// machines differ and are shared.

import { startServer } from '../../testing/server.js';
import { BROWSERS, closeBrowsers, profile } from './browsers.js';

const RUNS = 21;
const undone = [];
const stage = { after: (work) => undone.push(work) };

try {
  const server = await startServer(stage);
  for (const browser of BROWSERS) {
    for (const cache of ['warm', 'cold']) await measure(browser, server, cache);
  }
} finally {
  for (const work of undone.reverse()) await work();
  await closeBrowsers();
}

async function measure(browser, server, cache) {
  const tab = await (await profile(stage, browser)).newTab(server);
  await tab.goto();
  await tab.enter();
  const { page } = tab.driver;
  if (cache === 'cold') await page.setCacheEnabled(false);
  await page.evaluateOnNewDocument(watch);
  const times = [];
  for (let run = 0; run < RUNS; run += 1) {
    await tab.goto();
    times.push(await tab.until(() => globalThis.verifiedAfter));
  }
  times.sort((a, b) => a - b);
  const [least, median, most] = [0, (RUNS - 1) / 2, RUNS - 1].map((place) => times[place].toFixed(0));
  console.log(
    `${browser}, ${cache} cache: ${median} ms (${least} to ${most}) to a verified session, ${RUNS} runs`,
  );
}

/** Notes when the words are there, in milliseconds since the navigation began. */
function watch() {
  const look = () => {
    if (!document.querySelector('#seal')?.textContent.startsWith('Verified')) return;
    observer.disconnect();
    globalThis.verifiedAfter = performance.now();
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, characterData: true, subtree: true });
}
