/** The admin's note templates, inserted where the agent writes, with the caller's name and number. */

import { el, setText } from './dom.js';
import { filled } from './prefill.js';

/** @import {Component, Context, Model} from './types.js' */

/** @typedef {{name: string, text: string}} Template */

/**
 * Insert at the caret; the text before it keeps its own line.
 * @param {HTMLTextAreaElement} notes @param {string} text
 */
export function insert(notes, text) {
  const { selectionStart: start, selectionEnd: end, value } = notes;
  const newLine = start > 0 && value[start - 1] !== '\n' ? '\n' : '';
  notes.setRangeText(newLine + text, start, end, 'end');
}

/**
 * @param {Context} context @param {HTMLTextAreaElement} notes
 * @param {{caller: () => {name: string, number: string}, typed: () => void}} ports
 * @returns {Component<Model>}
 */
export function createTemplates({ t, actions }, notes, { caller, typed }) {
  const choice = el('select', { class: 'templates', 'aria-label': t('templates.label'), onchange: choose });
  /** @type {Promise<{templates: Template[]}|null>|undefined} */
  let asked;

  async function choose() {
    const wanted = choice.value;
    choice.value = '';
    asked ??= actions.ask('/api/note-templates', {});
    const answer = await asked;
    if (!answer) asked = undefined;
    const template = answer?.templates.find(({ name }) => name === wanted);
    notes.focus();
    if (!template) return;
    insert(notes, filled(template.text, { called_number: '', call_id: '', ...caller() }));
    typed();
  }
  return {
    element: choice,
    update({ view }) {
      const names = view?.settings.note_templates ?? [];
      const print = JSON.stringify(names);
      if (choice.dataset['print'] === print) return;
      choice.dataset['print'] = print;
      const first = el('option', { value: '' });
      setText(first, t('templates.pick'));
      choice.replaceChildren(first, ...names.map((name) => el('option', { value: name }, name)));
    },
  };
}
