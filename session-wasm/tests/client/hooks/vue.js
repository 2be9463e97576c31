import { useSession } from 'session-wasm/vue';
import { createSSRApp, h, ref } from 'vue';
import { renderToString } from 'vue/server-renderer';

import { words } from './words.js';

function app(client, renders) {
  const Who = {
    setup() {
      const state = useSession(client);
      return () => {
        renders?.push(state.value.status);
        return h('output', { id: 'who' }, words(state.value));
      };
    },
  };
  return createSSRApp({
    setup() {
      const isShown = ref(true);
      const onClick = () => {
        isShown.value = !isShown.value;
      };
      return () => h('main', [isShown.value ? h(Who) : null, h('button', { onClick }, 'toggle')]);
    },
  });
}

export const render = (client) => renderToString(app(client));

export function takeOver(root, client, { renders, complaints }) {
  const made = app(client, renders);
  // Whatever Vue warns of, as that what a server rendered is another than what is there.
  made.config.warnHandler = (message) => complaints.push(message);
  made.mount(root);
}
