/** Moves the focus on when its element disappears, so keyboard users do not restart at the top of Salesforce. */

/** The next element: the call, the number box, or what the screen asks for. */
const HOMES = '.cards article, .number-box input, .screen :is(input, button)';

const STOPS = 'button, input, select';

/** @param {Element} element */
const isUsable = (element) => element.getClientRects().length > 0 && !element.matches(':disabled');

/** @param {HTMLElement} root */
export function createFocusKeeper(root) {
  // A button that is disabled while focused loses the focus without an event.
  /** @type {Element|null} */
  let last = null;
  // The next element may still be loading, or wait for the server.
  let owed = false;
  /** Where the list's row and the call's card were that had the focus. @type {{list: Element|null|undefined, at: number, card: Element|null|undefined}} */
  let place = { list: null, at: 0, card: null };
  root.addEventListener('focusin', ({ target }) => {
    last = target instanceof Element ? target : null;
    const row = last?.closest('li');
    place = { list: row?.parentElement, at: [...(row?.parentElement?.children ?? [])].indexOf(row ?? root), card: last?.closest('article') };
  });
  /** The row that took the place of the removed one, or the one before it; then the same call; then what is asked for. */
  function next() {
    const { list, at, card } = place;
    const rows = [list?.children[at], list?.children[at - 1]].flatMap((row) => [...(row?.querySelectorAll(STOPS) ?? [])]);
    return [...rows, card, ...root.querySelectorAll(HOMES)].find((one) => one && root.contains(one) && isUsable(one));
  }
  root.addEventListener('focusout', () => {
    last = null;
  });
  return {
    now: () => (root.contains(document.activeElement) ? document.activeElement : last),
    /** @param {Element|null} before what had the focus before this change */
    keep(before) {
      if (before) owed = !isUsable(before);
      // A card that moves up loses the focus.
      const wanted = owed ? next() : before !== document.activeElement && before;
      if (!(wanted instanceof HTMLElement)) return;
      owed = false;
      // Whoever has gone back to Salesforce stays there.
      if (document.hasFocus()) wanted.focus({ preventScroll: true });
    },
  };
}
