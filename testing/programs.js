import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the task that runs these tests says in `variable`. */
export function given(variable) {
  const value = process.env[variable];
  if (value) return value;
  throw new Error(
    `${variable} is not set; start this by \`cargo xtask test\` (see \`cargo xtask\` for its parts)`,
  );
}

/** Where the program is that `variable` names. */
export function program(variable) {
  const name = given(variable);
  const found = process.env.PATH.split(delimiter).map((dir) => join(dir, name));
  return found.find((path) => existsSync(path)) ?? name;
}

/** Only root needs it: a container's root may not make the namespaces of Chromium's sandbox. */
export const NO_SANDBOX = process.getuid() === 0 ? ['--no-sandbox'] : [];

/** Not on the path: Debian keeps it beside WebKitGTK's own processes, in the folder of the machine's kind. */
export function miniBrowser() {
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
