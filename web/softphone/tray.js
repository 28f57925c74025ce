/** Calls that are not in Salesforce yet, with the reason and the agent's actions. */

import { formatDuration, formatWhen } from './clock.js';
import { el, keyedList, setText, setWaiting, show } from './dom.js';
import { createEditForm } from './edit-form.js';
import { icon } from './icons.js';
import { whoIs } from './numbers.js';
import { outcomeOf } from './outcomes.js';
import { createResaving } from './resaving.js';
import { taskFormOf } from './task-form.js';

/** @import {Component, Context, Model, TrayRow} from './types.js' */

/** The confirmation before a row is removed, and the resulting choice. @type {{[question: string]: {choice: string, yes: string, no: string, danger: boolean}}} */
const QUESTIONS = {
  dismiss: { choice: 'dismiss', yes: 'tray.dismiss.yes', no: 'tray.keep', danger: true },
  already_there: { choice: 'already_there', yes: 'tray.there.yes', no: 'tray.keep', danger: false },
  form: { choice: 'already_there', yes: 'tray.form.yes', no: 'tray.form.no', danger: false },
};

/** A confirmation in place of the buttons, so nothing is lost by one click. @param {Context} context @param {(choice: string) => void} answer empty: keep it */
function createQuestion({ t }, answer) {
  let asked = '';
  const words = el('p', { class: 'tray-question' });
  const yes = el('button', { type: 'button', class: 'button', onclick: () => answer(QUESTIONS[asked]?.choice ?? '') });
  const no = el('button', { type: 'button', class: 'button neutral', onclick: () => answer('') });
  const element = el('div', { class: 'tray-asks', role: 'group', hidden: true }, words, el('div', { class: 'tray-actions' }, yes, no));
  return {
    element,
    /** @param {string} question empty: none */
    ask(question) {
      asked = question;
      const known = QUESTIONS[question];
      show(element, known !== undefined);
      if (!known) return;
      setText(words, t(`tray.asks.${question}`));
      setText(yes, t(known.yes));
      setText(no, t(known.no));
      yes.className = `button ${known.danger ? 'danger' : 'brand'}`;
      no.focus();
    },
  };
}

/** Who it was, when, how it ended, and why Salesforce refused it. @param {Context} context */
function createFacts({ t, now, language }) {
  const name = el('span', { class: 'row-name', dir: 'auto' });
  const line = el('span', { class: 'row-line' });
  const reason = el('p', { class: 'tray-reason' });
  const errors = el('ul', { class: 'tray-errors' });
  return {
    elements: [el('div', { class: 'row-text' }, name, line), reason, errors],
    /** @param {TrayRow} row */
    update(row) {
      const who = whoIs(row);
      setText(name, who);
      const talk = row.talk_seconds === null ? '' : formatDuration(row.talk_seconds * 1000);
      setText(line, [who === row.display ? '' : row.display, formatWhen(row.started_at, now(), language), outcomeOf(row, t), talk].filter(Boolean).join(' · '));
      setText(reason, t(`tray.reason.${row.reason}`, { ids: row.record_ids.join(', ') }));
      const words = row.errors.map(({ code, message, field }) => (field && message ? `${field}: ${message}` : message || code));
      if (errors.children.length !== words.length) errors.replaceChildren(...words.map(() => el('li')));
      words.forEach((text, index) => setText(/** @type {Element} */ (errors.children[index]), text));
    },
  };
}

/** The possible actions: Salesforce's own form covers fields that this panel lacks. @param {TrayRow} row */
export const actionsOf = ({ actions, reason }) => (reason === 'refused' ? [...actions.filter((action) => action !== 'dismiss'), 'form', 'dismiss'] : actions);

/** @param {Context} context @param {() => Model} model @param {ReturnType<typeof createResaving>} resaving @returns {(row: TrayRow) => Component<TrayRow>} */
function trayRow(context, model, resaving) {
  const { t, actions } = context;
  return (first) => {
    const logId = first.log_id;
    let row = first;
    let question = '';
    const facts = createFacts(context);
    const asks = createQuestion(context, (choice) => {
      turn('');
      if (choice) decide(choice);
    });
    const edit = createEditForm(context, logId, (saves) => {
      turn('');
      if (saves) wait(true);
    });
    const buttons = el('div', { class: 'tray-actions' });
    /** @param {string} next what replaces the buttons; empty: the buttons themselves */
    function turn(next) {
      const pressed = buttons.querySelector(`[data-action="${question}"]`);
      question = next;
      if (next === 'edit') edit.fill(model());
      show(edit.element, next === 'edit');
      show(buttons, next === '');
      asks.ask(next);
      if (next === 'edit') edit.first.focus();
      else if (next === '' && pressed instanceof HTMLElement) pressed.focus();
    }
    /** @param {boolean} saves */
    function wait(saves) {
      resaving.wait(row, saves, model());
      offer(actionsOf(row));
    }
    /** @param {string} choice */
    function decide(choice) {
      if (actions.tray(logId, choice)) wait(choice === 'save_again');
    }
    /** @param {string} action */
    async function act(action) {
      if (resaving.isWaiting(logId)) return;
      if (action === 'save_again') return decide(action);
      if (action === 'form' && !(await actions.openForm(taskFormOf(row, actions.taskFields())))) return;
      turn(action);
    }
    const offer = keyedList(buttons, (/** @type {string} */ action) => action, (action) => {
      const button = el('button', { type: 'button', class: action === 'save_again' ? 'button brand' : 'button neutral', 'data-action': action, onclick: () => act(action) });
      return {
        element: button,
        update() {
          setText(button, t(action === 'save_again' && resaving.isSaving(logId) ? 'tray.saving' : `tray.${action}`));
          setWaiting(button, resaving.isWaiting(logId));
        },
      };
    });
    return {
      element: el('li', { class: 'tray-row', 'data-log': logId, onkeydown: (event) => void (/** @type {KeyboardEvent} */ (event).key === 'Escape' && question && turn('')) }, ...facts.elements, buttons, asks.element, edit.element),
      update(next) {
        row = next;
        facts.update(row);
        edit.update(row, model());
        offer(actionsOf(row));
        if (question === '') show(buttons, true);
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
  const resaving = createResaving(context.now);
  const rows = keyedList(list, (/** @type {TrayRow} */ row) => row.log_id, trayRow(context, () => shown, resaving));
  const element = el('details', { class: 'tray', open: true }, el('summary', {}, icon('alert'), title), list);
  return {
    element,
    /** @param {Model} model */
    update(model) {
      shown = model;
      const waiting = resaving.rows(model);
      show(element, waiting.length > 0);
      setText(title, t('tray.title', { count: waiting.length }));
      rows(waiting);
    },
  };
}
