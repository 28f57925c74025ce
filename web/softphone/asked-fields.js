/** Fields that the admin asks for after a call, beside outcome, subject and notes. */

import { el, keyedList, show } from './dom.js';

/** @import {AskedField, Component} from './types.js' */

/** @typedef {{asked: AskedField, value: string}} Shown */

/** @param {AskedField} asked */
function inputFor({ name, choices, required }) {
  if (choices.length === 0) return el('input', { name, required, maxlength: 255, autocomplete: 'off', dir: 'auto' });
  return el('select', { name, required }, el('option', { value: '' }, ''), ...choices.map((choice) => el('option', { value: choice }, choice)));
}

/** @param {(name: string, value: string) => void} typed */
export function createAskedFields(typed) {
  const element = el('div', { class: 'asked' });
  const list = keyedList(element, (/** @type {Shown} */ { asked }) => JSON.stringify(asked), ({ asked }) => {
    const input = inputFor(asked);
    input.addEventListener('input', () => typed(asked.name, input.value));
    /** @type {Component<Shown>} */
    const row = {
      element: el('label', { class: 'field' }, el('span', { class: 'field-label' }, `${asked.label}${asked.required ? ' *' : ''}`), input),
      update({ value }) {
        if (input.value !== value) input.value = value;
      },
    };
    return row;
  });
  return {
    element,
    /** @param {AskedField[]} asked @param {{[name: string]: string}} values */
    update(asked, values) {
      list(asked.map((field) => ({ asked: field, value: values[field.name] ?? '' })));
      show(element, asked.length > 0);
    },
    /** Their current values. */
    values: () => Object.fromEntries([...element.querySelectorAll('input, select')].map((input) => [input.getAttribute('name') ?? '', Reflect.get(input, 'value')])),
  };
}
