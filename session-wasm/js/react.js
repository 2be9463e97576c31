'use client';

import { useCallback, useSyncExternalStore } from 'react';

/** While a server renders, and until the page that it made is there, nothing is known. */
const ASKING = { status: 'asking', unavailable: false };
const askingAtFirst = () => ASKING;

export function useSession(client) {
  const subscribe = useCallback(
    (notify) => {
      client.addEventListener('changed', notify);
      // Once is enough, and it goes on: between two views there may be nobody who looks.
      client.start();
      return () => client.removeEventListener('changed', notify);
    },
    [client],
  );
  return useSyncExternalStore(subscribe, () => client.state, askingAtFirst);
}
