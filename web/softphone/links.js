/**
 * Which person and which related record a call's Task is linked to, and what the agent may pick instead.
 *
 * Salesforce's rules: WhoId is a Contact or Lead, WhatId another record, and a Lead permits no WhatId. The
 * server decides; this shows the same. Pure.
 */

/** @import {RecordRef, Relatable, Translate} from './types.js' */

/** @typedef {{who: RecordRef|null, what: RecordRef|null}} Links */
/** @typedef {{record: RecordRef, kind: string, chosen: boolean}} Option */

const KINDS = { '003': 'Contact', '00Q': 'Lead', '001': 'Account', 500: 'Case', '006': 'Opportunity', 701: 'Campaign' };

/** @param {string|undefined} id */
const isPerson = (id) => /^(003|00Q)/.test(id ?? '');
// As on the server (salesforce/objects.py).
const THINGS = /^(?:001|500|006|701|02i|800|801|01t|0Q0|501|810|811|550|0WO|1WL|08p|08P|570|0Q3|0x5|0hX|0kF|0YT|0YQ|0Zp|a)/;
/** @param {string|undefined} id */
const isThing = (id) => THINGS.test(id ?? '');
/** @param {RecordRef|null} record */
export const isLead = (record) => record?.id.startsWith('00Q') ?? false;

/** The person that a record stands for, if it stands for one. @param {RecordRef} record @returns {RecordRef|null} */
export function personOf(record) {
  if (record.person_account && isPerson(record.contact_id)) return { id: record.contact_id ?? '', name: record.name ?? '' };
  return isPerson(record.id) ? record : null;
}

/** @param {RecordRef} record */
const isLinkable = (record) => personOf(record) !== null || isThing(record.id);

/** @param {RecordRef} record what it is, told or seen from its id */
export const kindOf = (record) => record.object_type || (Object.entries(KINDS).find(([prefix]) => record.id.startsWith(prefix))?.[1] ?? '');

/** @param {string} kind @param {Translate} t the object's name in the panel's language, otherwise its own */
export function kindWords(kind, t) {
  const words = t(`object.${kind}`);
  return words === `object.${kind}` ? kind : words;
}

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
 * The options: the call's record, the matches of its number, the records that the agent views.
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
