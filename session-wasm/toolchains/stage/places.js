import { fileURLToPath } from 'node:url';

const place = (path) => fileURLToPath(new URL(path, import.meta.url)).replace(/\/$/, '');

export const TOOLCHAINS = place('..');
export const PACKAGE = place('../../package');

/** The folder whose tests run, where npm starts them: this one, or that of the frameworks. */
export const HERE = process.cwd();
/** Where applications are built: below that folder, so that they find what it has installed. */
export const PROJECTS = `${HERE}/projects`;

/** A program that an npm package brought. */
export const bin = (name) => `${HERE}/node_modules/.bin/${name}`;

/** Node.js in the version that such a package has. */
export const node = (major) => `${TOOLCHAINS}/node_modules/node-${major}-${process.arch}/bin/node`;
