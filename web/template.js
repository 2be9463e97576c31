// Plugins for `index.html`, a template that the server fills in for each visitor.

import { readFileSync } from 'node:fs';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The pictures are a part of the page: what is drawn by reference may come from nowhere else. */
const icons = {
  name: 'icons',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) => html.replace('<!--icons-->', () => read('src/icons.svg').trim()),
  },
};

const SETTINGS = { service: 'Session', logo: null, developer: true, session: 'unknown' };

/** In development nobody fills it in: it is English, and knows nothing of the visitor or of a brand. */
const inEnglish = {
  name: 'in-english',
  apply: 'serve',
  transformIndexHtml: { order: 'pre', handler: fillIn },
};

function fillIn(html) {
  const service = (text) => text.replaceAll('{service}', SETTINGS.service);
  const texts = JSON.parse(read('texts/en.json'));
  const values = { ...texts, language: 'en', service: SETTINGS.service, next: '/#welcome' };
  const json = { settings: SETTINGS, texts };
  return html
    .replace(/\{% if \w+ %\}.*?\{% endif %\}/gs, '')
    .replace(/\{\{(\w+)\|tojson\}\}/g, (_, name) => JSON.stringify(json[name]))
    .replace(/\{\{(\w+)\}\}/g, (_, name) => escaped(service(values[name] ?? '')));
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

export const template = [inEnglish, icons];
