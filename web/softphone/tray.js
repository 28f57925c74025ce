/** Calls that are not in Salesforce yet: why, and what the agent can do about each. */

import { formatDuration } from './clock.js';
import { el, keyedList, setText, show } from './dom.js';
import { formatWhen } from './dialer.js';
import { icon } from './icons.js';
import { createEditForm } from './edit-form.js';
import { whoIs } from './numbers.js';

/** @import {Component, Context, Model, TrayRow} from './types.js' */

/** @param {Context} context @param {() => Model} model @returns {(row: TrayRow) => Component<TrayRow>} */
function trayRow(context, model) {
  const { t, actions, now, language } = context;
  return ({ log_id: logId }) => {
    const name = el('span', { class: 'row-name' });
    const line = el('span', { class: 'row-line' });
    const reason = el('p', { class: 'tray-reason' });
    const errors = el('ul', { class: 'tray-errors' });
    const buttons = el('div', { class: 'tray-actions' });
    const mend = createEditForm(context, logId, () => edit(false));
    /** @param {boolean} on */
    function edit(on) {
      if (on) mend.fill(model());
      show(mend.element, on);
      buttons.querySelector('[data-action="edit"]')?.setAttribute('aria-expanded', String(on));
      if (on) mend.first.focus();
    }
    /** @param {string} action */
    const act = (action) => (action === 'edit' ? edit(mend.element.hidden === true) : actions.tray(logId, action));
    const offer = keyedList(buttons, (/** @type {string} */ action) => action, (action) => ({
      element: el('button', { type: 'button', class: action === 'save_again' ? 'button brand' : 'button neutral', 'data-action': action, onclick: () => act(action) }, t(`tray.${action}`)),
      update: () => undefined,
    }));
    return {
      element: el('li', { class: 'tray-row', 'data-log': logId }, el('div', { class: 'row-text' }, name, line), reason, errors, buttons, mend.element),
      update(row) {
        mend.update(row, model());
        setText(name, whoIs(row));
        const talk = row.talk_seconds === null ? '' : formatDuration(row.talk_seconds * 1000);
        setText(line, [formatWhen(row.started_at, now(), language), row.outcome, talk].filter(Boolean).join(' · '));
        setText(reason, t(`tray.reason.${row.reason}`, { ids: row.task_ids.join(', ') }));
        const words = row.errors.map(({ code, message, field }) => (field && message ? `${field}: ${message}` : message || code));
        if (errors.children.length !== words.length) errors.replaceChildren(...words.map(() => el('li')));
        words.forEach((text, index) => setText(/** @type {Node} */ (errors.children[index]), text));
        offer(row.actions);
      },
    };
  };
}

/** @param {Context} context */
export function createTray(context) {
  const { t } = context;
  const title = el('span', {});
  const list = el('ul', { class: 'tray-rows' });
  /** @type {Model} */
  let shown;
  const rows = keyedList(list, (/** @type {TrayRow} */ row) => row.log_id, trayRow(context, () => shown));
  const element = el('details', { class: 'tray', open: true }, el('summary', {}, icon('alert'), title), list);
  return {
    element,
    /** @param {Model} model */
    update(model) {
      shown = model;
      const waiting = model.view?.tray ?? [];
      show(element, waiting.length > 0);
      setText(title, t('tray.title', { count: waiting.length }));
      rows(waiting);
    },
  };
}
