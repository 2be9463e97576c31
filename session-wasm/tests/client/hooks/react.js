import { createElement as h, StrictMode, useState } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { useSession } from 'session-wasm/react';

import { words } from './words.js';

function app(client, renders) {
  function Who() {
    const state = useSession(client);
    renders?.push(state.status);
    return h('output', { id: 'who' }, words(state));
  }
  return function App() {
    const [isShown, show] = useState(true);
    const toggle = () => show((was) => !was);
    return h('main', null, isShown && h(Who), h('button', { type: 'button', onClick: toggle }, 'toggle'));
  };
}

const page = (client, renders) => h(StrictMode, null, h(app(client, renders)));

export const render = async (client) => renderToString(page(client));

export function takeOver(root, client, { renders, complaints }) {
  hydrateRoot(root, page(client, renders), { onRecoverableError: (error) => complaints.push(error.message) });
}
