/** The keypad. Holding zero enters a plus, as on any phone. */

import { el } from './dom.js';

const KEYS = [
  ['1', ''], ['2', 'ABC'], ['3', 'DEF'], ['4', 'GHI'], ['5', 'JKL'], ['6', 'MNO'],
  ['7', 'PQRS'], ['8', 'TUV'], ['9', 'WXYZ'], ['*', ''], ['0', '+'], ['#', ''],
];
const HOLD_MS = 500;

/** Distinguish a short press from a long one. @param {HTMLElement} key @param {() => void} press @param {() => void} hold */
function listenForHold(key, press, hold) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let held = false;
  const stop = () => clearTimeout(timer);
  key.addEventListener('pointerdown', () => {
    held = false;
    timer = setTimeout(() => {
      held = true;
      hold();
    }, HOLD_MS);
  });
  for (const end of ['pointerup', 'pointerleave', 'pointercancel']) key.addEventListener(end, stop);
  key.addEventListener('contextmenu', (event) => event.preventDefault());
  key.addEventListener('click', () => {
    if (!held) press();
    held = false;
  });
  // By keyboard: Shift and Enter or Space.
  key.addEventListener('keydown', (event) => {
    if (!event.shiftKey || (event.key !== 'Enter' && event.key !== ' ')) return;
    event.preventDefault();
    hold();
  });
}

/** @param {(key: string) => void} press @param {string} label @param {string} [plus] how to get a plus; empty: there is none */
export function createPad(press, label, plus = '') {
  const keys = KEYS.map(([digit = '', letters = '']) => {
    const shown = letters === '+' && !plus ? '' : letters;
    const key = el('button', { type: 'button', class: 'key', 'data-key': digit },
      el('span', { class: 'key-digit' }, digit), el('span', { class: 'key-letters', 'aria-hidden': 'true' }, shown));
    if (shown === '+') {
      key.title = plus;
      listenForHold(key, () => press(digit), () => press('+'));
    } else key.addEventListener('click', () => press(digit));
    return key;
  });
  return el('div', { class: 'pad', role: 'group', dir: 'ltr', 'aria-label': label }, ...keys);
}
