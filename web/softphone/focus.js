/** Moves the focus on when its element disappears, so keyboard users do not restart at the top of Salesforce. */

/** The next element: the call, the number box, or what the screen asks for. */
const HOMES = '.cards article, .number-box input, .screen :is(input, button)';

/** @param {Element} element */
const isUsable = (element) => element.getClientRects().length > 0 && !element.matches(':disabled');

/** @param {HTMLElement} root */
export function createFocusKeeper(root) {
  // A button that is disabled while focused loses the focus without an event.
  /** @type {Element|null} */
  let last = null;
  // The next element may still be loading, or wait for the server.
  let owed = false;
  root.addEventListener('focusin', ({ target }) => {
    last = target instanceof Element ? target : null;
  });
  root.addEventListener('focusout', () => {
    last = null;
  });
  return {
    now: () => (root.contains(document.activeElement) ? document.activeElement : last),
    /** @param {Element|null} before what had the focus before this change */
    keep(before) {
      if (before) owed = !isUsable(before);
      const next = owed && [...root.querySelectorAll(HOMES)].find(isUsable);
      if (!(next instanceof HTMLElement)) return;
      owed = false;
      // Whoever has gone back to Salesforce stays there.
      if (document.hasFocus()) next.focus({ preventScroll: true });
    },
  };
}
