import type { ClientState, SessionClient } from './client.js';

/**
 * The state of the session, as it is now and whenever it changes. Starts the client when the first component that
 * uses it is there; `client.stop()` is for whoever made it. While a server renders, and until its page is there in
 * the browser, nothing is known (`asking`).
 */
export function useSession(client: SessionClient): ClientState;
