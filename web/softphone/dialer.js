/** Between calls: type or paste a number, use the keypad, find a person, or pick a recent call. */

import { checkNumber } from './check.js';
import { el, keyedList, setText, show } from './dom.js';
import { favoriteRows } from './favorites.js';
import { createHistoryBar } from './history-bar.js';
import { icon } from './icons.js';
import { createRetry } from './lazy.js';
import { formatTyped, isName, matchDirectory, matchRecent } from './numbers.js';
import { createPad } from './pad.js';
import { callRow, canDial, walkByArrows } from './rows.js';

/** @import {Context, Model, RecentRow} from './types.js' */

/** The number box, with the reason why its text cannot be dialed. @param {Context} context @param {() => Model} model @param {() => void} onChange */
function createNumberBox({ t }, model, onChange) {
  const input = el('input', { type: 'tel', name: 'number', autocomplete: 'off', dir: 'auto', 'aria-label': t('dialer.number'), placeholder: t('dialer.placeholder') });
  const erase = el('button', { type: 'button', class: 'icon-button erase', 'aria-label': t('dialer.erase') }, icon('erase'));
  const call = el('button', { type: 'submit', class: 'icon-button call', 'aria-label': t('dialer.call') }, icon('phone'));
  const reason = el('p', { class: 'dialer-reason', id: 'dialer-reason', role: 'status' });
  input.setAttribute('aria-describedby', reason.id);
  let refusal = '';
  const judge = checkNumber(t, (words) => {
    refusal = words;
    onChange();
  });
  /** @param {string} text @param {boolean} [format] */
  function type(text, format = true) {
    const value = format ? formatTyped(text, model().view?.settings.country_code) : text;
    if (input.value !== value) input.value = value;
    judge(value);
    onChange();
  }
  input.addEventListener('input', (event) => {
    // Formatting moves the caret to the end, so only format when it is there and nothing is deleted.
    const deletes = event instanceof InputEvent && event.inputType.startsWith('delete');
    type(input.value, !deletes && input.selectionStart === input.value.length);
  });
  erase.addEventListener('click', () => {
    type('');
    input.focus();
  });
  return {
    element: el('form', { class: 'number-box' }, input, erase, call),
    input, reason, type,
    refusal: () => refusal,
    /** @param {Model} now */
    update(now) {
      show(erase, input.value !== '');
      call.disabled = !canDial(now) || refusal !== '' || isName(input.value);
      const { view, stage } = now;
      const why = view && !view.agent.configured ? t('dialer.notConfigured') : refusal;
      setText(reason, stage === 'live' ? why : '');
      show(reason, reason.textContent !== '');
    },
  };
}

/** What matters beneath rows too: more may come, or cannot. */
const STILL_SAID = ['search.busy', 'search.unavailable'];

/** What there is to say beneath what was typed. @param {Context['t']} t @param {string} typed @param {number} count rows found @param {string} searched what became of the search for people */
function foundWords(t, typed, count, searched) {
  if (!typed.trim() || (count > 0 && !STILL_SAID.includes(searched))) return '';
  return t(isName(typed) ? searched || 'search.none' : 'recent.noMatch');
}

/** Who was called lately is not listed again as a favorite. @param {RecentRow[]} rows */
const unique = (rows) => rows.filter((row, at) => row.started_at > 0 || !rows.slice(0, at).some(({ number }) => number === row.number));

/** Calls and people, as far as they fit what was typed. @param {Context} context @param {() => Model} model @param {() => void} onChange */
function createResults(context, model, onChange) {
  const { t, actions } = context;
  const list = el('ul', { class: 'rows' });
  const rows = keyedList(list, (/** @type {RecentRow} */ row) => row.call_id, callRow(context, model));
  const history = createHistoryBar(context, model);
  const words = el('p', { class: 'empty', role: 'status' });
  /** @type {ReturnType<typeof import('./search.js').createSearch>|null} */
  let search = null;
  const retry = createRetry();
  // The button disappears; what it loads comes after the last row.
  history.older.addEventListener('click', () => {
    const stops = list.querySelectorAll('.call-again');
    /** @type {HTMLElement|undefined} */ (stops[stops.length - 1])?.focus({ preventScroll: true });
  });

  /** Fetched with the first that is typed. @param {string} typed */
  async function look(typed) {
    if (typed.trim() && !search) {
      if (!retry.isDue()) return;
      const [{ createSearch, colleaguesOf }] = await Promise.all([import('./search.js'), context.moreWords()]);
      search ??= createSearch({ people: actions.searchPeople, calls: actions.findCalls, colleagues: colleaguesOf(context) }, onChange);
    }
    search?.look(typed);
  }
  return {
    element: el('div', { class: 'recent' }, history.bar, list, words, history.words, history.older),
    first: () => list.querySelector('.call-again'),
    /** @param {string} typed */
    update(typed) {
      const { history: calls, directory = [] } = model();
      look(typed).catch(retry.failed);
      const favorites = favoriteRows(model());
      const listed = [...matchRecent(unique([...calls.rows, ...favorites]), typed), ...matchDirectory(directory, typed)];
      const shown = calls.kind === 'favorites' ? favorites : calls.rows;
      const found = typed.trim() ? [...listed, ...(search?.rows(listed) ?? [])] : shown;
      rows(found);
      setText(words, foundWords(t, typed, found.length, search?.state() ?? ''));
      show(words, words.textContent !== '');
      history.update(!typed.trim());
    },
  };
}

/** @param {Context} context @param {() => Model} model */
export function createDialer(context, model) {
  const { t, actions } = context;
  const box = createNumberBox(context, model, refresh);
  const pad = createPad((key) => box.type(box.input.value + key), t('dialer.pad'), t('dialer.plus'));
  const results = createResults(context, model, refresh);
  const tabs = ['recent', 'pad'].map((name) =>
    el('button', { type: 'button', class: 'tab', 'data-tab': name, onclick: () => turn(name) }, t(`dialer.tab.${name}`)));
  const element = el('section', { class: 'dialer', 'aria-label': t('dialer.label') }, box.element, box.reason, el('div', { class: 'tabs' }, ...tabs), results.element, pad);
  // Until the agent picks one: what there is most use for.
  let tab = '';

  /** @param {string} name */
  function turn(name) {
    tab = name;
    refresh();
  }
  function refresh() {
    const { view, history } = model();
    if (view && view.calls.length > 0 && box.input.value) box.type('');
    const typed = box.input.value;
    const some = history.rows.length > 0 || (view?.favorites ?? []).length > 0 || history.kind !== 'all' || history.record !== '' || typed.trim() !== '';
    const open = isName(typed) ? 'recent' : tab || (some ? 'recent' : 'pad');
    for (const button of tabs) button.setAttribute('aria-pressed', String(button.dataset['tab'] === open));
    show(pad, open === 'pad');
    show(results.element, open === 'recent');
    results.update(typed);
    box.update(model());
  }

  walkByArrows(element, box.input);
  // With a name the form's own button is off, and so nothing is submitted.
  box.input.addEventListener('keydown', (event) => {
    const first = results.first();
    if (event.key !== 'Enter' || event.isComposing || !isName(box.input.value) || !(first instanceof HTMLElement)) return;
    event.preventDefault();
    first.focus();
  });
  box.element.addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = box.input.value;
    if (!typed.trim()) box.input.focus();
    else if (canDial(model()) && box.refusal() === '') actions.dial(typed, null, '');
  });
  return { element, update: refresh };
}
