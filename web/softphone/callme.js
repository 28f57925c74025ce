/** Which of an agent's phones ring for a call, where the admin has named the provider's ring profiles. */

import { el, show } from './dom.js';

/** @import {Context, Model} from './types.js' */

/** @param {Context} context @param {string[]} profiles */
export function createCallMe({ t, actions }, profiles) {
  const choices = [el('option', { value: '' }, t('callme.usual')), ...profiles.map((name) => el('option', { value: name }, name))];
  const select = el('select', { name: 'ring_profile', onchange: () => actions.ringOn(select.value) }, ...choices);
  const element = el('label', { class: 'field call-me' }, el('span', { class: 'field-label' }, t('callme.label')), select);
  return {
    element,
    /** @param {Model} model */
    update({ view, ringOn }) {
      show(element, view !== null && view.calls.length + view.wrapups.length === 0 && view.can['ring_profiles'] === true);
      if (select.value !== ringOn) select.value = ringOn;
    },
  };
}
