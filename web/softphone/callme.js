/** Choices for future calls: which of the agent's phones ring, and which caller ID is shown. */

import { shownAs } from './dialing.js';
import { el, show } from './dom.js';

/** @import {Context, Model} from './types.js' */

/** A choice, with the default first. @param {string} label @param {string} usual @param {string} name @param {(value: string) => void} choose */
function createChoice(label, usual, name, choose) {
  const select = el('select', { name, onchange: () => choose(select.value) });
  const element = el('label', { class: 'field' }, el('span', { class: 'field-label' }, label), select);
  return {
    element,
    /** @param {{value: string, label: string}[]} options @param {string} chosen */
    update(options, chosen) {
      show(element, options.length > 0);
      const print = JSON.stringify(options);
      if (select.dataset['print'] !== print) {
        select.dataset['print'] = print;
        select.replaceChildren(...[{ value: '', label: usual }, ...options].map(({ value, label: words }) => el('option', { value }, words)));
      }
      if (select.value !== chosen) select.value = chosen;
    },
  };
}

/** @param {Model} model */
const profilesOf = ({ view, ringProfiles }) => {
  const names = view?.can['ring_profiles'] ? new Set([...ringProfiles, ...(view.settings.ring_profiles ?? [])]) : [];
  return [...names].map((name) => ({ value: name, label: name }));
};
/** @param {Model} model */
const numbersOf = ({ view }) => (view?.can['caller_id'] ? (view.settings.caller_ids ?? []).map(({ number, display }) => ({ value: number, label: display })) : []);

/** Whether there is anything to choose. @param {Model} model */
const hasChoices = (model) => profilesOf(model).length + numbersOf(model).length > 0;

/** @param {Context} context */
export function createCallMe({ t, actions }) {
  const phones = createChoice(t('callme.label'), t('callme.usual'), 'ring_profile', actions.ringOn);
  const numbers = createChoice(t('callme.showAs'), t('callme.usualNumber'), 'caller_id', actions.showAs);
  const element = el('div', { class: 'call-me' }, phones.element, numbers.element);
  return {
    element,
    /** @param {Model} model */
    update(model) {
      const { view, ringOn } = model;
      show(element, view !== null && view.calls.length + view.wrapups.length === 0 && hasChoices(model));
      phones.update(profilesOf(model), ringOn);
      numbers.update(numbersOf(model), shownAs(model));
    },
  };
}
