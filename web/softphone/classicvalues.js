/** Values of Open CTI for Classic in the shapes that the rest of the page knows. Pure. */

import { codeIn, textOf } from './outcome.js';

/** @import {Click, DirectoryEntry, Found, RecordRef} from './types.js' */

// The first three characters of an object's ids are also its address in Classic.
/** @type {{[object: string]: string}} */
const PREFIXES = {
  Account: '001', Contact: '003', Lead: '00Q', Case: '500', Opportunity: '006', Campaign: '701',
  Asset: '02i', Contract: '800', Task: '00T', Event: '00U',
};

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
  return { code: codeIn(text), description: text };
}

/**
 * A reply `{result, error}` as Lightning would have put it. What is false was not done.
 * @param {any} reply @param {(result: any, reply: any) => unknown} read
 */
export function asLightning(reply, read) {
  const { result, error, success } = Object(reply);
  if (typeof success === 'boolean') return reply;
  if (error || result === false || result === 'false') return { success: false, returnValue: null, errors: error ? [errorOf(error)] : null };
  if (result === null || result === undefined) return { returnValue: null, errors: null };
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

// What the edit pages of Classic take from their address: standard fields by the names of their
// inputs. A page ignores what it does not know; custom fields are named by ids that only the org has.
/** @type {{[object: string]: {[field: string]: string}}} */
const PREFILLS = {
  Task: { Subject: 'tsk5', WhoId: 'who_id', WhatId: 'what_id' },
  Account: { Name: 'acc2', Phone: 'acc10' },
  Contact: { FirstName: 'name_firstcon2', LastName: 'name_lastcon2', Phone: 'con10', MobilePhone: 'con12' },
  Lead: { FirstName: 'name_firstlea2', LastName: 'name_lastlea2', Company: 'lea3', Phone: 'lea8', MobilePhone: 'lea9' },
  Case: { Subject: 'cas14', Description: 'cas15' },
  Opportunity: { Name: 'opp3' },
};

/** @param {string} address @param {[string, unknown][]} pairs what is empty is left out */
function asking(address, pairs) {
  const query = new URLSearchParams(pairs.filter(([name, value]) => name && value).map(([name, value]) => [name, String(value)]));
  return query.size > 0 ? `${address}?${query}` : address;
}

/** @param {string} object @param {{[field: string]: unknown}} values @returns {[string, unknown][]} */
const prefilled = (object, values) =>
  Object.entries(values).map(([field, value]) => [PREFILLS[object]?.[field] ?? '', value]);

/** An object's address: that of a standard one, or the three characters that a custom one's ids begin with. @param {unknown} object */
const homeOf = (object) => PREFIXES[String(object)] ?? (/^[A-Za-z0-9]{3}$/.test(String(object)) ? String(object) : null);

/**
 * Where a screen pop leads; null where Classic has no such place.
 * @param {string} type a name of SCREENPOP_TYPE @param {any} params
 * @returns {string|null} always relative
 */
export function popUrl(type, params) {
  const { recordId, url, scope, listViewId, entityName, flowDevName, flowArgs = [], searchString, defaultFieldValues = {} } = Object(params);
  const home = homeOf(scope ?? entityName);
  /** @type {{[type: string]: string|false|null|undefined}} */
  const places = {
    SOBJECT: recordId && `/${encodeURIComponent(recordId)}`,
    // "//host" would leave Salesforce.
    URL: /^\/(?![/\\])/.test(String(url)) && String(url),
    OBJECTHOME: home && `/${home}/o`,
    LIST: home && listViewId && `/${home}?fcf=${encodeURIComponent(listViewId)}`,
    NEW_RECORD_MODAL: home && asking(`/${home}/e`, prefilled(entityName, defaultFieldValues)),
    FLOW: flowDevName && asking(`/flow/${encodeURIComponent(flowDevName)}`, flowArgs.map((/** @type {any} */ { name, value }) => [name, value])),
    SEARCH: searchString && asking('/search/SearchResults', [['searchType', 2], ['str', searchString]]),
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
