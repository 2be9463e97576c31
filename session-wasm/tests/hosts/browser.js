import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { during, output } from './program.js';
import { site } from './site.js';

// Only root needs it: a container's root may not make the namespaces of the sandbox.
const NO_SANDBOX = process.getuid() === 0 ? ['--no-sandbox'] : [];

// Nothing but the page that is asked for.
const FIREFOX_PREFERENCES = `
user_pref('browser.aboutwelcome.enabled', false);
user_pref('browser.shell.checkDefaultBrowser', false);
user_pref('browser.startup.homepage_override.mstone', 'ignore');
user_pref('datareporting.policy.dataSubmissionPolicyBypassNotification', true);
user_pref('termsofuse.bypassNotification', true);
`;

export const chromium = (pages) =>
  inFreshHome((home, env) => {
    const flags = ['--headless', '--no-first-run', '--disable-gpu', `--user-data-dir=${home}`, ...NO_SANDBOX];
    return visit(['chromium', ...flags], env, pages);
  });

export const firefox = (pages) =>
  inFreshHome(async (home, env) => {
    await writeFile(`${home}/user.js`, FIREFOX_PREFERENCES);
    return visit(['firefox-esr', '--headless', '--no-remote', '--profile', home], env, pages);
  });

export const webkitgtk = (pages) =>
  inFreshHome((_, env) =>
    during(['Xvfb', '-displayfd', '3', '-nolisten', 'tcp'], env, async (xvfb) => {
      const [display] = await once(xvfb.stdio[3], 'data');
      return visit([miniBrowser()], { ...env, DISPLAY: `:${String(display).trim()}` }, pages);
    }),
  );

/** Not on the path: Debian keeps it beside WebKitGTK's own processes, in the folder of the machine's kind. */
function miniBrowser() {
  const folders = ['/usr/lib'];
  for (const name of [/-linux-gnu/, /^webkit2?gtk-[\d.]+$/]) {
    for (const parent of folders.splice(0)) {
      const children = readdirSync(parent).filter((child) => name.test(child));
      folders.push(...children.map((child) => `${parent}/${child}`));
    }
  }
  const found = folders.map((folder) => `${folder}/MiniBrowser`).find(existsSync);
  if (found) return found;
  throw new Error('missing: MiniBrowser of WebKitGTK; install the Debian package webkit2gtk-driver');
}

/** Every page in one process of the browser. */
async function visit([browser, ...flags], env, pages) {
  const [version] = (await output(browser, ['--version'], { env })).match(/\d[\w.]*/);
  const { origin, reports, close } = await site(pages);
  try {
    const url = `${origin}/${pages[0].name}`;
    return { version, pages: await during([browser, ...flags, url], env, () => reports) };
  } finally {
    close();
  }
}

/** No setting, history or cache of whoever runs this. */
async function inFreshHome(work) {
  const home = await mkdtemp(`${tmpdir()}/browser-`);
  try {
    return await work(home, { ...process.env, HOME: home });
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  }
}
