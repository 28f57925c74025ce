/** The agent's entries about a call: notes from the start, the rest during wrap-up. */

import { createAskedFields } from './asked-fields.js';
import { el, setData, setText, show } from './dom.js';
import { icon } from './icons.js';
import { createLazy } from './lazy.js';
import { whoIs } from './numbers.js';
import { choicesOf, outcomeOf } from './outcomes.js';
import { createUnsaved } from './unsaved.js';

/** @import {CallCard, Context, DraftField, Model, WrapupCard} from './types.js' */

/** @typedef {CallCard|WrapupCard} Card */

const AUTOSAVE_MS = 1_000;
export const NOTES_MAX = 32_000;
// Every edit extends the wrap-up. While it is paused, an empty frame does so regularly.
const PAUSE_SHARE = 0.4;
export const SUBJECT_MAX = 255;
// The server ends a wrap-up a little after its deadline, and its clock is known only roughly.
const NEARLY_MS = 1_000;

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

/** What is typed goes out a second later, at once when the agent is done, again with each connection. @param {Context} context @param {string} callId @param {string} owner org and user, part of the key in the tab's storage */
function createSender({ actions, drafts }, callId, owner) {
  const unsaved = createUnsaved(drafts, `softphone/draft/${owner}/${callId}`);
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let sentOn = -1;
  let connection = 0;
  let done = false;

  function flush() {
    clearTimeout(timer);
    timer = undefined;
    if ((unsaved.any() || done) && actions.wrapup(callId, unsaved.fields(), done)) sentOn = connection;
  }
  window.addEventListener('pagehide', flush);
  return {
    flush,
    fields: unsaved.fields,
    isDone: () => done,
    /** @param {string} name @param {string|boolean} value */
    typed(name, value) {
      unsaved.typed(name, value);
      timer ??= setTimeout(flush, AUTOSAVE_MS);
    },
    /** What was typed is kept until the card is gone: the connection may be lost on the way. */
    finish() {
      done = true;
      flush();
    },
    /** @param {Card} card @param {Model} model */
    update(card, model) {
      connection = model.connection;
      unsaved.seen(card.draft);
      if (model.stage === 'live' && (unsaved.any() || done) && sentOn !== connection && timer === undefined) flush();
    },
    removed() {
      clearTimeout(timer);
      window.removeEventListener('pagehide', flush);
      if (!unsaved.any() || actions.wrapup(callId, unsaved.fields(), done)) unsaved.forget();
    },
  };
}

/** Hold the countdown. @param {Context} context @param {string} callId @param {(on: boolean) => void} onTurn */
function createPause({ t, actions }, callId, onTurn) {
  let wholeMs = 0;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  let running;
  const words = el('span', {}, t('wrapup.pause'));
  const element = el('button', { type: 'button', class: 'button neutral pause', 'aria-pressed': 'false', onclick: () => turn(running === undefined) }, icon('hold'), words);
  const stay = () => void actions.wrapup(callId, {}, false);

  /** @param {boolean} on */
  function turn(on) {
    // Either way the whole time is left from now on.
    if (!actions.change(callId, {}, false)) return;
    clearInterval(running);
    running = on ? setInterval(stay, wholeMs * PAUSE_SHARE) : undefined;
    onTurn(on);
    element.setAttribute('aria-pressed', String(on));
    setText(words, t(on ? 'wrapup.paused' : 'wrapup.pause'));
  }
  return {
    element,
    /** @param {Card} card @param {Model} model */
    update(card, model) {
      wholeMs = (model.view?.settings.wrap_up_seconds ?? 0) * 1000;
      show(element, 'outcome' in card && card.deadline !== null && wholeMs > 0);
    },
    removed: () => clearInterval(running),
  };
}

/** A task for later: the tab that ends the wrap-up opens its form; if time does, the tab that asked. @param {Context} context @param {string} key in the tab's storage @param {(wanted: boolean) => void} typed */
function createFollow({ t, actions, drafts, now }, key, typed) {
  const box = el('input', { type: 'checkbox', name: 'follow_up', onchange: () => {
    typed(box.checked);
    drafts.setItem(key, String(box.checked));
  } });
  return {
    box,
    element: el('label', { class: 'check' }, box, t('wrapup.follow')),
    /** @param {Card|undefined} last @param {{live: boolean, done: boolean}} how */
    removed(last, { live, done }) {
      const late = (last?.deadline ?? Infinity) - now() < NEARLY_MS && drafts.getItem(key) === 'true';
      if (live && last && box.checked && (done || late)) actions.followUp(last);
      drafts.removeItem(key);
    },
  };
}

/** Outcome, subject and notes. @param {Context} context @param {(name: DraftField, value: string) => void} typed */
function createInputs(context, typed) {
  const { t } = context;
  const disposition = el('select', { name: 'disposition', onchange: () => typed('disposition', disposition.value) });
  const subject = el('input', { name: 'subject', maxlength: SUBJECT_MAX, autocomplete: 'off', dir: 'auto', oninput: () => typed('subject', subject.value) });
  const notes = el('textarea', { name: 'notes', maxlength: NOTES_MAX, rows: 3, dir: 'auto', placeholder: t('notes.placeholder'), oninput: () => typed('notes', notes.value) });
  const inputs = { disposition, subject, notes };
  /** @type {Card|undefined} */
  let about;
  const templates = createLazy(({ view }) => (view?.settings.note_templates ?? []).length > 0, async () => {
    const [{ createTemplates }] = await Promise.all([import('./templates.js'), context.moreWords()]);
    return createTemplates(context, notes, { caller: () => ({ name: about ? whoIs(about) : '', number: about?.display ?? '' }), typed: () => typed('notes', notes.value) });
  });
  const late = [field(t('wrapup.disposition'), disposition, 'disposition'), field(t('wrapup.subject'), subject, 'subject')];

  /** @param {{value: string, label: string}[]} all */
  function fill(all) {
    const print = JSON.stringify(all);
    if (disposition.dataset['print'] === print) return;
    disposition.dataset['print'] = print;
    const before = disposition.value;
    disposition.replaceChildren(...all.map(toOption));
    disposition.value = before;
  }
  return {
    disposition, late,
    elements: [...late, el('div', { class: 'notes-box' }, field(t('notes.label'), notes, 'notes'), templates.element)],
    /** @param {Card} card @param {Model} model @param {import('./types.js').Draft} shown */
    update(card, model, shown) {
      about = card;
      void templates.update(model);
      subject.placeholder = t(`subject.${card.direction}`, { name: whoIs(card) });
      if ('outcome' in card) fill(outcomesOf(t, choicesOf(model.view?.settings.dispositions ?? [], t), outcomeOf(card, t), shown.disposition ?? ''));
      for (const name of /** @type {DraftField[]} */ (Object.keys(inputs))) {
        const value = shown[name] ?? '';
        if (inputs[name].value !== value) inputs[name].value = value;
      }
    },
  };
}

/** By button, by Enter, by leaving the form. @param {HTMLFormElement} element @param {HTMLElement} disposition @param {ReturnType<typeof createSender>} sender @param {() => boolean} isOver */
function listenForEnds(element, disposition, sender, isOver) {
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    sender.finish();
  });
  element.addEventListener('keydown', (event) => {
    // In the notes Enter is a new line; everywhere else it saves.
    const saves = event.target === disposition || event.ctrlKey || event.metaKey;
    if (event.key !== 'Enter' || !saves) return;
    event.preventDefault();
    if (isOver()) element.requestSubmit();
    else sender.flush();
  });
  element.addEventListener('focusout', sender.flush);
}

/** @param {Context} context @param {string} callId @param {string} owner org and user, part of the key in the tab's storage */
export function createForm(context, callId, owner) {
  const { t } = context;
  const sender = createSender(context, callId, owner);
  const inputs = createInputs(context, sender.typed);
  const asked = createAskedFields((name, value) => sender.typed(`fields.${name}`, value));
  const follow = createFollow(context, `softphone/follow/${owner}/${callId}`, (wanted) => sender.typed('follow_up', wanted));
  const pause = createPause(context, callId, (on) => setData(element, 'paused', String(on)));
  const save = el('button', { type: 'submit', class: 'button brand' }, t('wrapup.save'));
  const foot = el('div', { class: 'form-foot' }, save, pause.element, el('span', { class: 'hint' }, t('wrapup.shortcut')));
  const element = el('form', { class: 'form' }, ...inputs.elements, asked.element, follow.element, foot);
  /** @type {Card|undefined} */
  let last;
  let live = false;

  listenForEnds(element, inputs.disposition, sender, () => !foot.hidden);

  return {
    element,
    /** @param {Card} card @param {Model} model */
    update(card, model) {
      last = card;
      live = model.stage === 'live';
      const over = 'outcome' in card;
      pause.update(card, model);
      sender.update(card, model);
      const unsaved = sender.fields();
      const shown = { ...card.draft, ...unsaved };
      inputs.update(card, model, shown);
      asked.update(over ? (model.view?.settings.ask_fields ?? []) : [], { ...card.draft.fields, ...unsaved.fields });
      follow.box.checked = shown.follow_up === true;
      for (const part of [...inputs.late, follow.element, foot]) show(part, over);
      setText(save, t(over && card.log.state === 'none' ? 'wrapup.done' : 'wrapup.save'));
    },
    /** The wrap-up is over, by the agent or by its deadline: the last words still count. */
    removed() {
      pause.removed();
      sender.removed();
      follow.removed(last, { live, done: sender.isDone() });
    },
  };
}
