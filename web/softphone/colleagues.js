/** Colleagues by name or number, with their availability: to call them, or to transfer a call. */

import { el, keyedList, setText, show } from './dom.js';
import { initials } from './numbers.js';

/** @import {Actions, Colleague, Component, Context, RecentRow, Translate} from './types.js' */

const PAUSE_MS = 250;
// As on the server: one letter matches too many.
const SHORTEST = 2;

/** @param {Actions['ask']} ask @param {string} words @returns {Promise<Colleague[]>} */
export const findColleagues = async (ask, words) => (await ask('/api/colleagues', { search: words }))?.rows ?? [];

/** Why they cannot take a call; empty if nothing is known. @param {Colleague} colleague @param {Translate} t */
export function stateOfColleague({ state, reason }, t) {
  if (state === 'busy') return t('state.bridged');
  if (state === 'away' && reason) return t('availability.awayFor', { reason });
  return state ? t(`availability.${state}`) : '';
}

/** As a row of the list of calls. @param {Colleague} colleague @param {Translate} t @returns {RecentRow} */
export const rowOfColleague = (colleague, t) => ({
  call_id: `colleague/${colleague.number}`, direction: 'internal', number: colleague.number, display: colleague.number,
  name: colleague.name, record: null, started_at: 0, talk_seconds: null,
  outcome: stateOfColleague(colleague, t) || t('colleague.kind'),
});

/** @param {Context} context @param {(colleague: Colleague) => void} choose @returns {(first: Colleague) => Component<Colleague>} */
const suggestion = ({ t }, choose) => (first) => {
  let colleague = first;
  const letters = el('span', { class: 'option-sign', 'aria-hidden': 'true' });
  const name = el('span', { class: 'option-name', dir: 'auto' });
  const line = el('span', { class: 'option-kind' });
  const element = el('button', { type: 'button', class: 'option', onclick: () => choose(colleague) }, letters, el('span', { class: 'option-text' }, name, line));
  return {
    element,
    update(next) {
      colleague = next;
      setText(letters, initials(next.name) || '#');
      setText(name, next.name);
      setText(line, [next.number, stateOfColleague(next, t)].filter(Boolean).join(' · '));
    },
  };
};

/**
 * What is typed into a box, as colleagues to choose from beneath it: by mouse, or by arrows and Enter.
 * @param {Context} context @param {HTMLInputElement} input
 */
export function createSuggestions(context, input) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let latest = '';
  const element = el('div', { class: 'options suggestions', role: 'group', 'aria-label': context.t('colleague.label'), hidden: true });
  const rows = keyedList(element, (/** @type {Colleague} */ one) => one.number, suggestion(context, choose));

  /** @param {Colleague[]} found */
  function list(found) {
    rows(found);
    show(element, found.length > 0);
  }
  /** @param {Colleague} colleague */
  function choose({ number }) {
    latest = input.value = number;
    list([]);
    input.focus();
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
  function look() {
    const words = input.value.trim();
    if (words === latest) return;
    latest = words;
    clearTimeout(timer);
    if (words.length < SHORTEST) return list([]);
    timer = setTimeout(async () => {
      const found = await findColleagues(context.actions.ask, words);
      if (words === latest) list(found);
    }, PAUSE_MS);
  }
  /** @param {KeyboardEvent} event */
  function walk(event) {
    const stops = [input, ...element.querySelectorAll('button')];
    const at = stops.findIndex((stop) => stop === document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1, Escape: -at }[event.key];
    const next = at < 0 || step === undefined ? undefined : stops[at + step];
    if (!next || next === document.activeElement) return;
    event.preventDefault();
    next.focus();
  }
  input.addEventListener('input', look);
  input.addEventListener('keydown', walk);
  element.addEventListener('keydown', walk);
  return {
    element,
    /** The only way on from a name that was typed. */
    focusFirst: () => element.querySelector('button')?.focus(),
  };
}
