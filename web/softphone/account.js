/** The agent's account and this browser's choices: what it does on an inbound call, and signing out everywhere. */

import { el, show } from './dom.js';

/** @import {Context, Model} from './types.js' */

/** @param {Context} context @param {'sound'|'desktop'} what */
function createChoice({ t, actions }, what) {
  const box = el('input', { type: 'checkbox', name: `ring_${what}`, onchange: () => actions.chooseRing(what, box.checked) });
  return { box, element: el('label', { class: 'check' }, box, t(`ring.${what}`)) };
}

/** @param {Context} context */
export function createAccount(context) {
  const { t, actions } = context;
  const sound = createChoice(context, 'sound');
  const desktop = createChoice(context, 'desktop');
  const click = el('p', { class: 'account-hint', role: 'status' }, t('ring.click'));
  const denied = el('p', { class: 'account-hint' }, t('ring.denied'));
  const element = el('section', { class: 'account', 'aria-label': t('bar.account') },
    el('h2', { class: 'field-label' }, t('ring.label')), sound.element, click, desktop.element, denied,
    el('p', { class: 'account-words' }, t('account.words')),
    el('button', { type: 'button', class: 'button neutral', onclick: () => actions.signOutEverywhere() }, t('account.everywhere')));
  return {
    element,
    /** @param {Model} model */
    update({ ring, accountOpen, view }) {
      show(element, accountOpen && view !== null);
      sound.box.checked = ring.sound;
      desktop.box.checked = ring.desktop && !ring.denied;
      desktop.box.disabled = ring.denied;
      show(click, ring.needsClick);
      show(denied, ring.denied);
    },
  };
}
