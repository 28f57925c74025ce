/**
 * The numbers of the record in view, to call from here if Salesforce's own phone fields cannot be clicked
 * (Driver.phonesOf).
 */

import { el, keyedList, setText, show } from './dom.js';
import { icon } from './icons.js';
import { canDial } from './rows.js';

/** @import {Component, Context, Driver, Model, RecordPhone, RecordRef} from './types.js' */

/** Reads them for each record; answers for a record no longer in view are ignored. @param {Pick<Driver, 'phonesOf'>} driver @param {Model} model @param {() => void} render */
export function createNumbersOf(driver, model, render) {
  return async (/** @type {RecordRef|null} */ record) => {
    if (!driver.phonesOf) return;
    model.recordPhones = record ? { record, phones: [] } : null;
    const outcome = record ? await driver.phonesOf(record.id) : null;
    if (!outcome?.ok || model.recordPhones?.record !== record) return;
    const phones = /** @type {RecordPhone[]} */ (Array.isArray(outcome.value) ? outcome.value : []);
    model.recordPhones = { record, phones };
    render();
  };
}

/** @param {Context} context @param {() => Model} model */
export function createRecordNumbers({ t, actions }, model) {
  const title = el('h2', { class: 'record-name', dir: 'auto' });
  const hint = el('p', { class: 'account-hint' }, t('record.hint'));
  const list = el('ul', { class: 'rows' });
  /** @param {RecordPhone} first @returns {Component<RecordPhone>} */
  function createRow(first) {
    const label = el('span', { class: 'row-name', dir: 'auto' });
    const line = el('span', { class: 'row-line', dir: 'ltr' });
    let phone = first;
    const call = el('button', { type: 'button', class: 'icon-button call-again', onclick: () => {
      const record = model().recordPhones?.record ?? null;
      actions.dial(phone.number, record, record?.name ?? '');
    } }, icon('phone'));
    return {
      element: el('li', { class: 'row' }, el('span', { class: 'row-text' }, label, line), call),
      update(item) {
        phone = item;
        setText(label, item.label);
        setText(line, item.number);
        call.setAttribute('aria-label', t('recent.call', { name: `${item.label} ${item.number}` }));
        call.disabled = !canDial(model());
      },
    };
  }
  const rows = keyedList(list, (/** @type {RecordPhone} */ phone) => phone.field, createRow);
  const element = el('section', { class: 'record-numbers' }, title, list, hint);
  return {
    element,
    /** @param {Model} now */
    update({ recordPhones, view }) {
      show(element, view !== null && view.calls.length + view.wrapups.length === 0 && (recordPhones?.phones.length ?? 0) > 0);
      const name = recordPhones?.record.name ?? '';
      setText(title, t('record.numbers', { name }));
      element.setAttribute('aria-label', title.textContent ?? '');
      rows(recordPhones?.phones ?? []);
    },
  };
}
