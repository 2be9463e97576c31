/** What the tabs of one browser tell each other, and which of them asks the server for all. */
export class Tabs {
  #name;
  #channel;
  /** Since when another tab has been asking, without a word from it. */
  #silentSince;

  constructor(name) {
    this.#name = name;
  }

  /** Hands what other tabs tell to `onMessage`. */
  open(onMessage) {
    this.#silentSince = undefined;
    try {
      this.#channel = new BroadcastChannel(this.#name);
    } catch {
      return; // Not in this browser, or not for this origin: every tab asks for itself.
    }
    this.#channel.onmessage = ({ data }) => {
      this.#silentSince = undefined;
      onMessage(data);
    };
  }

  close() {
    this.#channel?.close();
    this.#channel = undefined;
  }

  tell(message) {
    this.#channel?.postMessage(message);
  }

  /**
   * Runs `ask` unless another tab is at it, and says whether it did. Nobody waits for a lock: what the
   * other tab learns, it tells. If it tells nothing for `patience` seconds it is frozen, and loses the
   * lock; one that is closed or crashes has lost it at once.
   */
  async alone(ask, patience) {
    const { locks } = navigator;
    if (!locks) return ask().then(() => true);
    const now = performance.now() / 1000;
    const steal = now - (this.#silentSince ?? now) > patience;
    let asked = false;
    const run = async (lock) => {
      if (!lock) return;
      asked = true;
      await ask();
    };
    try {
      await locks.request(this.#name, steal ? { steal } : { ifAvailable: true }, run);
    } catch {
      // Taken from us while we asked, or no locks for this origin.
      if (!asked) await run(true);
    }
    this.#silentSince = asked ? undefined : (this.#silentSince ?? now);
    return asked;
  }
}
