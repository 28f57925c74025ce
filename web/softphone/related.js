/** Which records a call belongs to, shown and picked. */

import { el, keyedList, setData, setText, show } from './dom.js';
import { icon } from './icons.js';
import { isLead, kindOf, kindWords, linksOf, optionsOf, personOf } from './links.js';
import { initials } from './numbers.js';

/** @import {Option} from './links.js' */
/** @import {Component, Context, Model, RecordRef, Relatable, Translate} from './types.js' */

/** Its type, and the fields that the softphone layout selects. @param {RecordRef} record @param {string} kind @param {Translate} t @param {Model} model */
const aboutOf = ({ id }, kind, t, { found }) =>
  [kindWords(kind, t), ...(found?.[id] ?? []).map(({ label, value }) => `${label}: ${value}`)].filter(Boolean).join(' · ');

/** One record to pick. @param {Context} context @param {(option: Option) => void} choose @param {() => Model} model @returns {(first: Option) => Component<Option>} */
const optionRow = ({ t }, choose, model) => (first) => {
  let option = first;
  const name = el('span', { class: 'option-name', dir: 'auto' });
  const kind = el('span', { class: 'option-kind' });
  const letters = el('span', { class: 'option-sign', 'aria-hidden': 'true' });
  const button = el('button', { type: 'button', class: 'option', 'data-record': first.record.id, onclick: () => choose(option) }, letters, el('span', { class: 'option-text' }, name, kind), icon('check'));
  return {
    element: button,
    update(next) {
      option = next;
      const label = next.record.name || next.kind || next.record.id;
      setText(letters, initials(label) || '#');
      setText(name, label);
      setText(kind, aboutOf(next.record, next.kind, t, model()));
      button.setAttribute('aria-pressed', String(next.chosen));
    },
  };
};

/** What a pick does to the call's links. @param {Context['actions']} actions @param {string} callId @param {Relatable} card @param {Option|null} option null: none of them @returns {boolean} whether it went out */
function pick(actions, callId, card, option) {
  const { who, what } = linksOf(card);
  if (!option) return actions.relate(callId, null);
  const person = personOf(option.record) !== null;
  if (option.chosen) return actions.change(callId, person ? { who: null } : { what: null }, false);
  if (!person && who && !isLead(who)) return actions.change(callId, { what: option.record }, false);
  if (!actions.relate(callId, option.record)) return false;
  // A new record clears both links; the related record stays beside the new person.
  return !(person && what && !isLead(option.record)) || actions.change(callId, { what }, false);
}

/** @param {Context} context @param {string} callId */
function createParts({ t }, callId) {
  const title = el('span', { class: 'field-label' }, t('related.label'));
  const words = el('span', { class: 'related-words' });
  const change = el('button', { type: 'button', class: 'link', 'data-action': 'related', 'aria-controls': `related-${callId}` });
  const list = el('div', { class: 'options', role: 'group', id: `related-${callId}`, 'aria-label': t('related.label') });
  const none = el('button', { type: 'button', class: 'link', 'data-action': 'none' }, t('related.none'));
  const create = el('button', { type: 'button', class: 'link', 'data-action': 'create' }, t('related.create'));
  const head = el('div', { class: 'related-head' }, el('div', { class: 'related-text' }, title, words), change);
  return { element: el('div', { class: 'related' }, head, list, none, create), words, change, list, none, create };
}

/** @param {Context} context @param {string} callId */
export function createRelated(context, callId) {
  const { t, actions } = context;
  const { element, words, change, list, none, create } = createParts(context, callId);
  /** @type {Relatable} */
  let card;
  /** @type {Model} */
  let shown;
  let [answered, open] = [false, false];
  const rows = keyedList(list, (/** @type {Option} */ option) => option.record.id, optionRow(context, choose, () => shown));
  change.onclick = () => turn(!open);
  none.onclick = () => choose(null);
  create.onclick = () => shown.offers[callId]?.();

  /** @param {boolean} wanted */
  function turn(wanted) {
    open = wanted;
    setData(element, 'open', String(open));
    show(list, open);
  }
  function choose(/** @type {Option|null} none of them */ option) {
    if (!pick(actions, callId, card, option)) return;
    answered = true;
    turn(false);
    show(change, true);
    change.focus();
  }
  return {
    element,
    /** @param {Relatable} next @param {Model} model */
    update(next, model) {
      [card, shown] = [next, model];
      const options = optionsOf(card, model.viewed);
      const names = Object.values(linksOf(card)).filter((one) => one !== null).map((one) => one.name || kindWords(kindOf(one), t));
      const asks = names.length === 0 && card.matches.length > 1 && !answered;
      show(create, names.length === 0 && card.state !== 'ringing-inbound' && model.offers[callId] !== undefined);
      show(element, options.length > 0 || !create.hidden);
      show(change, !asks && options.length > 0);
      if (asks && !open) turn(true);
      setText(words, asks ? t('related.several', { count: card.matches.length }) : names.join(' · ') || t('related.nothing'));
      setData(element, 'asks', String(asks));
      setText(change, t(open ? 'related.close' : names.length > 0 ? 'related.change' : 'related.pick'));
      change.setAttribute('aria-expanded', String(open));
      rows(asks ? options.filter(({ record }) => card.matches.includes(record)) : options);
      show(list, open);
      show(none, open && (asks || names.length > 0));
    },
  };
}
