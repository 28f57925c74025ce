/**
 * The agent's words about a call: notes from the first second, the rest in wrap-up.
 *
 * What was typed and not yet seen back in a view is unsaved: it is never overwritten, it is sent
 * again after a lost connection, and it outlives a reload of the panel in this tab.
 */

import { el, setText, show } from './dom.js';
import { icon } from './icons.js';
import { whoIs } from './numbers.js';

/** @import {CallCard, Context, Draft, DraftField, Model, WrapupCard} from './types.js' */

const AUTOSAVE_MS = 1_000;
export const NOTES_MAX = 32_000;
// Every word moves the wrap-up's deadline; while it is paused, saying nothing so often does.
const PAUSE_SHARE = 0.4;
export const SUBJECT_MAX = 255;
// The server ends a wrap-up a little later than it is due, and its clock is known roughly.
const NEARLY_MS = 1_000;

/**
 * Fields typed here that the server has not shown back.
 * @param {Context['drafts']} store
 * @param {string} key
 */
export function createUnsaved(store, key) {
  /** @returns {Draft} */
  const load = () => {
    try {
      return JSON.parse(store.getItem(key) ?? '{}');
    } catch {
      return {};
    }
  };
  let fields = load();
  const keep = () =>
    Object.keys(fields).length > 0 ? store.setItem(key, JSON.stringify(fields)) : store.removeItem(key);
  return {
    fields: () => ({ ...fields }),
    any: () => Object.keys(fields).length > 0,
    /** @param {DraftField|'follow_up'} field @param {string|boolean} value */
    typed(field, value) {
      fields = { ...fields, [field]: value };
      keep();
    },
    /** Forget what the server knows too. @param {Draft} draft */
    seen(draft) {
      const left = Object.entries(fields).filter(([field, value]) => (Reflect.get(draft, field) ?? '') !== value);
      if (left.length === Object.keys(fields).length) return;
      fields = Object.fromEntries(left);
      keep();
    },
    forget() {
      fields = {};
      keep();
    },
  };
}

/** @param {string} label @param {HTMLElement} input @param {string} kind */
export const field = (label, input, kind) =>
  el('label', { class: `field field-${kind}` }, el('span', { class: 'field-label' }, label), input);

/**
 * What may be chosen as outcome: as it ended, the org's own, and what was chosen before they changed.
 * @param {Context['t']} t @param {{value: string, label: string}[]} options
 * @param {string} outcome @param {string} chosen
 */
export function outcomesOf(t, options, outcome, chosen) {
  const known = options.some(({ value }) => value === chosen) || chosen === '';
  return [
    { value: '', label: t('wrapup.asItEnded', { outcome }) },
    ...(known ? options : [{ value: chosen, label: chosen }, ...options]),
  ];
}
/** @param {{value: string, label: string}} option */
export const toOption = ({ value, label }) => el('option', { value }, label);

/**
 * @param {Context} context
 * @param {string} callId
 * @param {string} owner org and user, part of the key in the tab's storage
 */
export function createForm({ t, actions, drafts, now }, callId, owner) {
  const unsaved = createUnsaved(drafts, `softphone/draft/${owner}/${callId}`);
  // The tab that ends the wrap-up opens the follow-up's form; if time does, the tab that asked for it.
  const asked = `softphone/follow/${owner}/${callId}`;
  /** @type {CallCard|WrapupCard|undefined} */
  let last;
  let live = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let sentOn = -1;
  let connection = 0;
  let done = false;
  let wrapUpMs = 0;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  let pausing;

  function flush() {
    clearTimeout(timer);
    timer = undefined;
    if ((unsaved.any() || done) && actions.wrapup(callId, unsaved.fields(), done)) sentOn = connection;
  }
  /** @param {DraftField|'follow_up'} name @param {string|boolean} value */
  function typed(name, value) {
    unsaved.typed(name, value);
    timer ??= setTimeout(flush, AUTOSAVE_MS);
  }
  // What was typed is kept until the card is gone: the connection may be lost on the way.
  function finish() {
    done = true;
    flush();
  }

  const disposition = el('select', { name: 'disposition', onchange: () => typed('disposition', disposition.value) });
  const subject = el('input', { name: 'subject', maxlength: SUBJECT_MAX, autocomplete: 'off', oninput: () => typed('subject', subject.value) });
  const notes = el('textarea', { name: 'notes', maxlength: NOTES_MAX, rows: 3, placeholder: t('notes.placeholder'), oninput: () => typed('notes', notes.value) });
  const follow = el('input', {
    type: 'checkbox', name: 'follow_up', onchange: () => {
      typed('follow_up', follow.checked);
      drafts.setItem(asked, String(follow.checked));
    },
  });
  const followField = el('label', { class: 'check' }, follow, t('wrapup.follow'));
  const stay = () => void actions.wrapup(callId, {}, false);
  /** @param {boolean} on */
  function pause(on) {
    clearInterval(pausing);
    pausing = on ? setInterval(stay, wrapUpMs * PAUSE_SHARE) : undefined;
    // Either way the whole time is left from now on.
    stay();
    element.dataset['paused'] = String(on);
    hold.setAttribute('aria-pressed', String(on));
    setText(holdWords, t(on ? 'wrapup.paused' : 'wrapup.pause'));
  }
  const holdWords = el('span', {}, t('wrapup.pause'));
  const hold = el('button', { type: 'button', class: 'button neutral pause', 'aria-pressed': 'false', onclick: () => pause(pausing === undefined) }, icon('hold'), holdWords);
  const save = el('button', { type: 'submit', class: 'button brand' }, t('wrapup.save'));
  const inputs = { disposition, subject, notes };
  const dispositionField = field(t('wrapup.disposition'), disposition, 'disposition');
  const subjectField = field(t('wrapup.subject'), subject, 'subject');
  const foot = el('div', { class: 'form-foot' }, save, hold, el('span', { class: 'hint' }, t('wrapup.shortcut')));
  const element = el('form', { class: 'form' }, dispositionField, subjectField, field(t('notes.label'), notes, 'notes'), followField, foot);

  element.addEventListener('submit', (event) => {
    event.preventDefault();
    finish();
  });
  element.addEventListener('keydown', (event) => {
    // In the notes Enter is a new line; everywhere else it saves.
    const saves = event.target === disposition || event.ctrlKey || event.metaKey;
    if (event.key !== 'Enter' || !saves) return;
    event.preventDefault();
    if (foot.hidden) flush();
    else finish();
  });
  element.addEventListener('focusout', flush);
  window.addEventListener('pagehide', flush);

  /** @param {{value: string, label: string}[]} options @param {string} outcome @param {string} chosen */
  function fillDispositions(options, outcome, chosen) {
    const all = outcomesOf(t, options, outcome, chosen);
    const print = JSON.stringify(all);
    if (disposition.dataset['print'] === print) return;
    disposition.dataset['print'] = print;
    const before = disposition.value;
    disposition.replaceChildren(...all.map(toOption));
    disposition.value = before;
  }

  return {
    element,
    /** @param {CallCard|WrapupCard} card @param {Model} model */
    update(card, model) {
      last = card;
      live = model.stage === 'live';
      const over = 'outcome' in card;
      connection = model.connection;
      wrapUpMs = (model.view?.settings.wrap_up_seconds ?? 0) * 1000;
      show(hold, over && card.deadline !== null && wrapUpMs > 0);
      unsaved.seen(card.draft);
      const shown = { ...card.draft, ...unsaved.fields() };
      subject.placeholder = t(`subject.${card.direction}`, { name: whoIs(card) });
      if (over) fillDispositions(model.view?.settings.dispositions ?? [], card.outcome, shown.disposition ?? '');
      for (const name of /** @type {DraftField[]} */ (Object.keys(inputs))) {
        const value = shown[name] ?? '';
        if (inputs[name].value !== value) inputs[name].value = value;
      }
      follow.checked = shown.follow_up === true;
      for (const part of [dispositionField, subjectField, followField, foot]) show(part, over);
      setText(save, t(over && card.log.state === 'none' ? 'wrapup.done' : 'wrapup.save'));
      if (model.stage === 'live' && (unsaved.any() || done) && sentOn !== connection && timer === undefined) flush();
    },
    /** The wrap-up is over, by the agent or by its deadline: the last words still count. */
    removed() {
      clearTimeout(timer);
      clearInterval(pausing);
      window.removeEventListener('pagehide', flush);
      if (!unsaved.any() || actions.wrapup(callId, unsaved.fields(), done)) unsaved.forget();
      const late = (last?.deadline ?? Infinity) - now() < NEARLY_MS && drafts.getItem(asked) === 'true';
      if (live && last && follow.checked && (done || late)) actions.followUp(last);
      drafts.removeItem(asked);
    },
  };
}
