/** What had the focus and is gone hands it on: nobody without a mouse begins again at the top of Salesforce. */

/** Where an agent goes on: with the call, with a number, or with what the screen asks. */
const HOMES = '.cards article, .number-box input, .screen :is(input, button)';

/** @param {Element} element */
const isUsable = (element) => element.getClientRects().length > 0 && !element.matches(':disabled');

/** @param {HTMLElement} root */
export function createFocusKeeper(root) {
  // A button that is disabled while it has the focus loses it without an event.
  /** @type {Element|null} */
  let last = null;
  // What comes next may still be fetched, or wait for the server.
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
