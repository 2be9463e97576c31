import type { ShallowRef } from 'vue';
import type { ClientState, SessionClient } from './client.js';

/**
 * The state of the session, as it is now and whenever it changes. Starts the client when the component is mounted;
 * `client.stop()` is for whoever made it. While a server renders, and until its page is there in the browser, nothing
 * is known (`asking`). It may be used in any effect scope, as that of a store.
 */
export function useSession(client: SessionClient): Readonly<ShallowRef<ClientState>>;
