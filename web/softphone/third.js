/** The third party in a call: its state, and the agent's actions. */

import { isAsked } from './dialing.js';
import { el, keyedList, setText, setWaiting } from './dom.js';
import { whoIs } from './numbers.js';

/** @import {CallCard, Context, Model, Third} from './types.js' */

/** @type {{[state in Third['state']]: string[]}} */
const ACTIONS = {
  ringing: ['cancel'],
  talking: ['swap', 'merge', 'complete', 'cancel'],
  waiting: ['swap', 'merge', 'complete', 'cancel'],
  joined: ['complete', 'cancel'],
};

/** The actions that are possible now. @param {Third} third @param {{[name: string]: boolean}} can */
export const actionsOf = (third, can) => ACTIONS[third.state].filter((name) => name !== 'merge' || can['conference']);

/** @param {Context} context @param {string} callId */
export function createThird({ t, actions }, callId) {
  const words = el('p', { role: 'status' });
  const row = el('div', { class: 'third-row' });
  /** @type {Model} */
  let shown;
  const update = keyedList(row, (/** @type {string} */ name) => name, (name) => {
    const tone = name === 'complete' ? 'brand' : name === 'cancel' ? 'danger' : 'neutral';
    const element = el('button', { type: 'button', class: `button ${tone}`, 'data-action': name, onclick: () => actions.control(callId, name) }, t(`third.${name}`));
    return { element, update: () => setWaiting(element, isAsked(shown, callId, name)) };
  });
  return {
    element: el('div', { class: 'third', role: 'group', 'aria-label': t('third.label') }, words, row),
    /** @param {CallCard} card @param {Third} third @param {Model} model */
    update(card, third, model) {
      shown = model;
      setText(words, t(`third.${third.state}`, { third: third.display || third.number, other: whoIs(card) }));
      // If the focused button has gone, focus the first new one.
      const held = row.contains(document.activeElement) || document.activeElement === document.body;
      update(actionsOf(third, model.view?.can ?? {}));
      if (held && !row.contains(document.activeElement)) row.querySelector('button')?.focus();
    },
  };
}
