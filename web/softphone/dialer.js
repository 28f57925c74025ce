/** Idle: type or paste a number, press it on the pad, or pick a recent call. */

import { checkNumber } from './check.js';
import { formatDuration } from './clock.js';
import { el, keyedList, setData, setText, show } from './dom.js';
import { icon } from './icons.js';
import { formatTyped, matchDirectory, matchRecent, whoIs } from './numbers.js';

/** @import {Component, Context, Model, RecentRow} from './types.js' */

const KEYS = [
  ['1', ''], ['2', 'ABC'], ['3', 'DEF'], ['4', 'GHI'], ['5', 'JKL'], ['6', 'MNO'],
  ['7', 'PQRS'], ['8', 'TUV'], ['9', 'WXYZ'], ['*', ''], ['0', '+'], ['#', ''],
];

/** @param {(key: string) => void} press @param {string} label */
export function createPad(press, label) {
  const keys = KEYS.map(([digit = '', letters = '']) =>
    el('button', { type: 'button', class: 'key', 'data-key': digit, onclick: () => press(digit) },
      el('span', { class: 'key-digit' }, digit), el('span', { class: 'key-letters', 'aria-hidden': 'true' }, letters)));
  return el('div', { class: 'pad', role: 'group', 'aria-label': label }, ...keys);
}

/**
 * Today the time of day, before that the date.
 * @param {number} at @param {number} now @param {string} language
 */
export function formatWhen(at, now, language) {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const style = sameDay ? { hour: 'numeric', minute: '2-digit' } : { month: 'short', day: 'numeric' };
  return new Intl.DateTimeFormat(language, style).format(at);
}

/** @param {Context} context @param {() => Model} model @returns {(row: RecentRow) => Component<RecentRow>} */
function recentRow({ t, actions, now, language }, model) {
  return (first) => {
    const name = el('span', { class: 'row-name' });
    const line = el('span', { class: 'row-line' });
    const when = el('span', { class: 'row-when' });
    const sign = el('span', { class: 'row-sign', 'aria-hidden': 'true' }, icon(first.direction));
    let row = first;
    const again = el('button', { type: 'button', class: 'icon-button call-again', onclick: () => actions.dial(row.number, row.record, row.record?.name ?? row.name ?? '') }, icon('phone'));
    return {
      element: el('li', { class: 'row' }, sign, el('div', { class: 'row-text' }, name, line), when, again),
      update(item) {
        row = item;
        const who = whoIs(item);
        const talk = item.talk_seconds === null ? '' : formatDuration(item.talk_seconds * 1000);
        setData(sign, 'missed', String(item.direction === 'inbound' && item.talk_seconds === null));
        setText(name, who);
        setText(line, [who === item.display ? '' : item.display, talk || item.outcome].filter(Boolean).join(' · '));
        setText(when, item.started_at ? formatWhen(item.started_at, now(), language) : '');
        again.setAttribute('aria-label', t('recent.call', { name: who }));
        again.disabled = !canDial(model());
      },
    };
  };
}

/** @param {Model} model */
export const canDial = ({ stage, view, pending }) =>
  stage === 'live' && view !== null && view.click_to_dial && pending === null;

/** @param {Context} context @param {() => Model} model */
export function createDialer(context, model) {
  const { t, actions } = context;
  const input = el('input', { type: 'tel', name: 'number', autocomplete: 'off', 'aria-label': t('dialer.number'), placeholder: t('dialer.placeholder') });
  const erase = el('button', { type: 'button', class: 'icon-button erase', 'aria-label': t('dialer.erase') }, icon('erase'));
  const call = el('button', { type: 'submit', class: 'icon-button call', 'aria-label': t('dialer.call') }, icon('phone'));
  const box = el('form', { class: 'number-box' }, input, erase, call);
  const reason = el('p', { class: 'dialer-reason', id: 'dialer-reason', role: 'status' });
  input.setAttribute('aria-describedby', reason.id);
  let refusal = '';
  const judge = checkNumber(t, (words) => {
    refusal = words;
    refresh();
  });
  const pad = createPad((key) => type(input.value + key), t('dialer.pad'));
  const list = el('ul', { class: 'rows' });
  const empty = el('p', { class: 'empty' });
  const recent = el('div', { class: 'recent' }, list, empty);
  const tabs = ['recent', 'pad'].map((name) =>
    el('button', { type: 'button', class: 'tab', 'data-tab': name, onclick: () => turn(name) }, t(`dialer.tab.${name}`)));
  const rows = keyedList(list, (/** @type {RecentRow} */ row) => row.call_id, recentRow(context, model));
  // Until the agent picks one: what there is most use for.
  let tab = '';

  /** @param {string} text */
  function type(text) {
    input.value = formatTyped(text);
    judge(input.value);
    refresh();
  }
  /** @param {string} name */
  function turn(name) {
    tab = name;
    refresh();
  }
  function refresh() {
    const { view, stage, directory = [], recents = [] } = model();
    if (view && view.calls.length > 0 && input.value) {
      input.value = '';
      judge('');
    }
    const listed = matchDirectory(directory, input.value);
    const open = tab || (recents.length + listed.length > 0 ? 'recent' : 'pad');
    const found = open === 'recent' ? [...matchRecent(recents, input.value), ...listed] : recents;
    const able = canDial(model());
    rows(found);
    for (const button of tabs) button.setAttribute('aria-pressed', String(button.dataset['tab'] === open));
    show(pad, open === 'pad');
    show(recent, open === 'recent');
    show(empty, found.length === 0);
    setText(empty, t(recents.length > 0 ? 'recent.noMatch' : 'recent.none'));
    show(erase, input.value !== '');
    call.disabled = !able || refusal !== '';
    const why = view && !view.agent.configured ? 'dialer.notConfigured' : '';
    setText(reason, stage === 'live' ? (why ? t(why) : refusal) : '');
    show(reason, reason.textContent !== '');
  }

  input.addEventListener('input', (event) => {
    // Formatting moves the caret to the end: only where it is already, and never while deleting.
    const deletes = event instanceof InputEvent && event.inputType.startsWith('delete');
    if (!deletes && input.selectionStart === input.value.length) type(input.value);
    else {
      judge(input.value);
      refresh();
    }
  });
  erase.addEventListener('click', () => {
    type('');
    input.focus();
  });
  box.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!input.value.trim()) return input.focus();
    if (canDial(model()) && refusal === '') actions.dial(input.value, null, '');
  });

  return {
    element: el('section', { class: 'dialer', 'aria-label': t('dialer.label') }, box, reason, el('div', { class: 'tabs' }, ...tabs), recent, pad),
    update: refresh,
  };
}
