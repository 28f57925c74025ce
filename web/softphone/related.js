/**
 * Which person and which thing a call's Task goes to, and everything that the agent may pick instead.
 *
 * The rules are those of Salesforce: a Contact or Lead stands in WhoId, other records in WhatId,
 * and beside a Lead there is no WhatId. The server has the last word; this shows the same.
 */

import { el, keyedList, setData, setText, show } from './dom.js';
import { icon } from './icons.js';
import { initials } from './numbers.js';

/** @import {Context, Model, RecordRef, Relatable} from './types.js' */

/** @typedef {{who: RecordRef|null, what: RecordRef|null}} Links */
/** @typedef {{record: RecordRef, kind: string, chosen: boolean}} Option */

const KINDS = { '003': 'Contact', '00Q': 'Lead', '001': 'Account', 500: 'Case', '006': 'Opportunity', 701: 'Campaign' };

/** @param {string|undefined} id */
const isPerson = (id) => /^(003|00Q)/.test(id ?? '');
/** @param {string|undefined} id */
const isThing = (id) => /^(001|500|006|701|02i|800|a)/.test(id ?? '');
/** @param {RecordRef|null} record */
const isLead = (record) => record?.id.startsWith('00Q') ?? false;

/** The person that a record stands for, if it stands for one. @param {RecordRef} record @returns {RecordRef|null} */
function personOf(record) {
  if (record.person_account && isPerson(record.contact_id)) return { id: record.contact_id ?? '', name: record.name ?? '' };
  return isPerson(record.id) ? record : null;
}

/** @param {RecordRef} record */
const isLinkable = (record) => personOf(record) !== null || isThing(record.id);

/** @param {RecordRef} record what it is, told or seen from its id */
export const kindOf = (record) => record.object_type || (Object.entries(KINDS).find(([prefix]) => record.id.startsWith(prefix))?.[1] ?? '');

/**
 * The links as the Task will have them.
 * @param {Pick<Relatable, 'record'|'draft'>} card
 * @returns {Links}
 */
export function linksOf({ record, draft }) {
  let who = record && personOf(record);
  let what = record && !who && isThing(record.id) ? record : null;
  if (record && what && isPerson(record.contact_id)) who = { id: record.contact_id ?? '' };
  if (draft.who) who = isPerson(draft.who.id) ? draft.who : null;
  if (draft.what) what = isThing(draft.what.id) ? draft.what : null;
  return { who, what: isLead(who) ? null : what };
}

/**
 * What may be picked: what the call is about, what its number matched, what the agent looks at.
 * @param {Relatable} card
 * @param {RecordRef[]} viewed latest first
 * @returns {Option[]}
 */
export function optionsOf(card, viewed) {
  const { who, what } = linksOf(card);
  const { draft, record, matches } = card;
  const linked = new Set([who?.id, what?.id]);
  /** @type {Map<string, Option>} */
  const found = new Map();
  for (const one of [record, ...matches, draft.who, draft.what, ...viewed]) {
    if (!one || !isLinkable(one)) continue;
    const id = personOf(one)?.id ?? one.id;
    if (!found.has(id)) found.set(id, { record: one, kind: kindOf(one), chosen: linked.has(id) });
  }
  return [...found.values()];
}

/**
 * @param {Context} context
 * @param {string} callId
 */
export function createRelated({ t, actions }, callId) {
  /** @type {Relatable} */
  let card;
  let answered = false;
  let open = false;
  const title = el('span', { class: 'field-label' });
  const words = el('span', { class: 'related-words' });
  const change = el('button', { type: 'button', class: 'link', 'data-action': 'related', onclick: () => turn(!open) });
  const list = el('div', { class: 'options', role: 'group', 'aria-label': t('related.label') });
  const none = el('button', { type: 'button', class: 'link', 'data-action': 'none', onclick: () => choose(null) }, t('related.none'));
  const element = el('div', { class: 'related' }, el('div', { class: 'related-head' }, el('div', { class: 'related-text' }, title, words), change), list, none);
  const create = el('button', { type: 'button', class: 'link', 'data-action': 'create', onclick: () => offer?.() }, t('related.create'));
  element.append(create);
  /** @type {(() => void)|undefined} */
  let offer;
  const rows = keyedList(list, (/** @type {Option} */ option) => option.record.id, (first) => {
    let option = first;
    const name = el('span', { class: 'option-name' });
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
        setText(kind, t(`object.${next.kind}`).replace(/^object\./, ''));
        button.setAttribute('aria-pressed', String(next.chosen));
      },
    };
  });

  /** @param {boolean} wanted */
  function turn(wanted) {
    open = wanted;
    setData(element, 'open', String(open));
    show(list, open);
  }
  /** @param {Option|null} option null: none of them */
  function choose(option) {
    const { who, what } = linksOf(card);
    answered = true;
    turn(false);
    if (!option) return actions.relate(callId, null);
    const person = personOf(option.record) !== null;
    if (option.chosen) return void actions.wrapup(callId, person ? { who: null } : { what: null }, false);
    if (!person && who && !isLead(who)) return void actions.wrapup(callId, { what: option.record }, false);
    actions.relate(callId, option.record);
    // A new record lets go of both links: the thing that was there stays beside the new person.
    if (person && what && !isLead(option.record)) actions.wrapup(callId, { what }, false);
  }

  return {
    element,
    /** @param {Relatable} next @param {Model} model */
    update(next, model) {
      card = next;
      const options = optionsOf(card, model.viewed);
      const { who, what } = linksOf(card);
      const names = [who, what].filter((one) => one !== null).map((one) => one.name || t(`object.${kindOf(one)}`));
      const asks = names.length === 0 && card.matches.length > 1 && !answered;
      offer = card.state === 'ringing-inbound' ? undefined : model.offers[callId];
      show(create, offer !== undefined && names.length === 0);
      show(element, options.length > 0 || !create.hidden);
      show(change, !asks && options.length > 0);
      if (asks && !open) turn(true);
      setText(title, t('related.label'));
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
