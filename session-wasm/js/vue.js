import { getCurrentInstance, onMounted, onScopeDispose, shallowReadonly, shallowRef } from 'vue';

export function useSession(client) {
  // What a server renders, and a page takes over, must be the same: nothing is known before it is there.
  const state = shallowRef({ status: 'asking', unavailable: false });
  const look = () => {
    state.value = client.state;
  };
  const begin = () => {
    client.addEventListener('changed', look);
    // Once is enough, and it goes on: between two views there may be nobody who looks.
    client.start();
    look();
  };
  onScopeDispose(() => client.removeEventListener('changed', look));
  if (getCurrentInstance()) onMounted(begin);
  else if ('document' in globalThis) begin();
  return shallowReadonly(state);
}
