/** A pointer goes down for a touch too; moving one is not enough, since a table that shakes moves it. */
const INPUT = ['pointerdown', 'keydown', 'wheel'];

/**
 * Calls `onInput` when somebody uses the page: not when a script says so, nor when something lies on the
 * keyboard. Ends with `signal`.
 */
export function watchInput(onInput, signal) {
  const heed = (event) => {
    if (event.isTrusted && !event.repeat && document.visibilityState === 'visible') onInput();
  };
  // On the way down, where no handler of the page can stop it.
  for (const type of INPUT) addEventListener(type, heed, { capture: true, passive: true, signal });
}
