/** The form to correct a refused call log and save it again. */

import { createAskedFields } from './asked-fields.js';
import { el } from './dom.js';
import { NOTES_MAX, SUBJECT_MAX, field, outcomesOf, toOption } from './form.js';
import { whoIs } from './numbers.js';
import { choicesOf, outcomeOf } from './outcomes.js';
import { createRelated } from './related.js';

/** @import {Context, DraftField, Model, TrayRow} from './types.js' */

/**
 * @param {Context} context
 * @param {string} logId
 * @param {(saves: boolean) => void} close
 */
export function createEditForm(context, logId, close) {
  const { t, actions } = context;
  const related = createRelated(context, logId);
  const disposition = el('select', { name: 'disposition' });
  const subject = el('input', { name: 'subject', maxlength: SUBJECT_MAX, autocomplete: 'off' });
  const notes = el('textarea', { name: 'notes', maxlength: NOTES_MAX, rows: 3 });
  const inputs = { disposition, subject, notes };
  const asked = createAskedFields(() => undefined);
  const element = el('form', { class: 'form edit-form', hidden: true }, related.element,
    field(t('wrapup.disposition'), disposition, 'disposition'), field(t('wrapup.subject'), subject, 'subject'), field(t('notes.label'), notes, 'notes'), asked.element,
    el('div', { class: 'form-foot' }, el('button', { type: 'submit', class: 'button brand' }, t('tray.save_again')), el('button', { type: 'button', class: 'button neutral', onclick: () => close(false) }, t('tray.back'))));
  /** @type {TrayRow|undefined} */
  let row;

  element.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(Object.entries(inputs).map(([name, { value }]) => [name, value]).filter(
      ([name, value]) => value !== (Reflect.get(row?.draft ?? {}, name ?? '') ?? ''),
    ));
    const added = Object.entries(asked.values()).filter(([name, value]) => value !== (row?.draft.fields?.[name] ?? ''));
    if (added.length > 0) Object.assign(fields, { fields: Object.fromEntries(added) });
    // Without changes, another record or Salesforce itself may have been the cause.
    const sent = Object.keys(fields).length === 0 ? actions.tray(logId, 'save_again') : actions.change(logId, fields, true);
    if (sent) close(true);
  });

  return {
    element,
    first: subject,
    /** Fill in the log's values once, so that no view overwrites what the agent types. */
    fill(/** @type {Model} */ { view }) {
      const draft = row?.draft ?? {};
      const outcomes = outcomesOf(t, choicesOf(view?.settings.dispositions ?? [], t), row ? outcomeOf(row, t) : '', draft.disposition ?? '');
      disposition.replaceChildren(...outcomes.map(toOption));
      subject.placeholder = row ? t(`subject.${row.direction}`, { name: whoIs(row) }) : '';
      for (const name of /** @type {DraftField[]} */ (Object.keys(inputs))) inputs[name].value = draft[name] ?? '';
      asked.update(view?.settings.ask_fields ?? [], draft.fields ?? {});
    },
    /** @param {TrayRow} next @param {Model} model */
    update(next, model) {
      row = next;
      related.update({ ...next, matches: [] }, model);
    },
  };
}
