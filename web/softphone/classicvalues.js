/** Values of Open CTI for Classic in the shapes that the rest of the page knows. Pure. */

import { textOf } from './outcome.js';

/** @import {Click, DirectoryEntry, Found, RecordRef} from './types.js' */

// The first three characters of an object's ids are also its address in Classic.
/** @type {{[object: string]: string}} */
const PREFIXES = {
  Account: '001', Contact: '003', Lead: '00Q', Case: '500', Opportunity: '006', Campaign: '701',
  Asset: '02i', Contract: '800', Task: '00T', Event: '00U',
};
// Salesforce puts its status code in the sentence: it tells what lasts from what passes.
const STATUS = /\b[A-Z]{3,}(?:_[A-Z]{2,})+\b/;

/**
 * Most results are JSON in a string; some releases give the value itself.
 * @param {unknown} result
 * @returns {any} null when it is not readable
 */
export function parsed(result) {
  if (typeof result !== 'string') return result ?? null;
  try {
    return JSON.parse(result);
  } catch {
    return null;
  }
}

/** @param {unknown} error a sentence, as a rule */
function errorOf(error) {
  const text = typeof error === 'object' && error !== null ? String(Reflect.get(error, 'message') ?? JSON.stringify(error)) : String(error ?? '');
  return { code: STATUS.exec(text)?.[0] ?? 'GENERIC_ERROR', description: text };
}

/**
 * A reply `{result, error}` as Lightning would have put it. What is false was not done.
 * @param {any} reply @param {(result: any, reply: any) => unknown} read
 */
export function asLightning(reply, read) {
  const { result, error } = Object(reply);
  const failed = Boolean(error) || result === false || result === null || result === undefined;
  if (failed) return { success: false, returnValue: null, errors: error ? [errorOf(error)] : null };
  return { success: true, returnValue: read(result, reply), errors: null };
}

/** @param {any} info of getPageInfo, onFocus or onClickToDial @returns {RecordRef|null} */
export function recordOf(info) {
  if (!textOf(info?.objectId)) return null;
  const person = info.personAccount === true || info.personAccount === 'true';
  const parts = Object.entries({
    id: info.objectId, name: info.objectName, object_type: info.object,
    account_id: info.accountId, contact_id: info.contactId,
  }).map(([name, value]) => [name, textOf(value)]).filter(([, value]) => value);
  return { ...Object.fromEntries(parts), ...(person ? { person_account: true } : {}) };
}

/** @param {any} reply of onClickToDial @param {number} clickedAt milliseconds @returns {Click} */
export function clickOf(reply, clickedAt) {
  const told = parsed(Object(reply).result);
  return { number: textOf(told?.number), record: recordOf(told), params: '', clickedAt };
}

/**
 * saveLog's value as the two texts that Classic wants. A null becomes an empty value: it clears.
 * @param {{[field: string]: unknown}} value `{entityApiName, …}` or `{Id, …}`
 */
export function saveParams(value) {
  const { entityApiName = 'Task', recordTypeId, ...fields } = value;
  const all = { ...fields, ...(recordTypeId ? { RecordTypeId: recordTypeId } : {}) };
  const pairs = Object.entries(all).filter(([, given]) => given !== undefined)
    .map(([name, given]) => `${name}=${encodeURIComponent(given === null ? '' : String(given))}`);
  return { object: String(entityApiName), params: pairs.join('&') };
}

// What the edit page of a Task takes from its address; it ignores what it does not know.
/** @type {{[field: string]: string}} */
const PREFILLS = { Subject: 'tsk5', WhoId: 'who_id', WhatId: 'what_id' };

/** @param {{[field: string]: unknown}} values */
function prefilled(values) {
  const query = new URLSearchParams(Object.entries(values).flatMap(([field, value]) => (PREFILLS[field] ? [[PREFILLS[field], String(value)]] : [])));
  return query.size > 0 ? `?${query}` : '';
}

/**
 * Where a screen pop leads; null where Classic has no such place.
 * @param {string} type a name of SCREENPOP_TYPE @param {any} params
 * @returns {string|null} always relative
 */
export function popUrl(type, params) {
  const { recordId, url, scope, listViewId, entityName, flowDevName, defaultFieldValues = {} } = Object(params);
  const home = PREFIXES[scope ?? entityName];
  /** @type {{[type: string]: string|false|undefined}} */
  const places = {
    SOBJECT: recordId && `/${encodeURIComponent(recordId)}`,
    // "//host" would leave Salesforce.
    URL: /^\/(?![/\\])/.test(String(url)) && String(url),
    OBJECTHOME: home && `/${home}/o`,
    LIST: home && listViewId && `/${home}?fcf=${encodeURIComponent(listViewId)}`,
    NEW_RECORD_MODAL: home && `/${home}/e${prefilled(defaultFieldValues)}`,
    FLOW: flowDevName && `/flow/${encodeURIComponent(flowDevName)}`,
  };
  return places[type] || null;
}

/** The matches of a search by their ids, and the address to pop. @param {unknown} result @returns {Found} */
export function foundOf(result) {
  const { screenPopUrl, ...rows } = Object(parsed(result));
  const records = Object.entries(rows).map(([objectId, row]) => recordOf({ ...Object(row), objectId, objectName: Object(row).Name }));
  return { records: records.filter((record) => record !== null), rows, pop: screenPopUrl ? { url: String(screenPopUrl) } : null };
}

/** @param {any} told of getDirectoryNumbers @returns {DirectoryEntry[]} */
export const entriesOf = (told) =>
  [told?.directoryNumbers ?? []].flat()
    .filter((/** @type {any} */ entry) => entry?.phone)
    .map((/** @type {any} */ { name, phone, description }) => ({
      name: String(name ?? ''), number: String(phone), description: String(description ?? ''),
    }));
