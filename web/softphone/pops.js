/** Who calls and what pops, by the admin's rules in place of Salesforce's search and layout. */

import { textOf } from './outcome.js';
import { fieldsFor, flowArgsFor } from './prefill.js';

/** @import {Caller, Prefill} from './prefill.js' */
/** @import {CtiError, Driver, Found, Outcome, RecordRef} from './types.js' */

/** @typedef {{type: string, params: object}} Pop */

/**
 * @param {string} rule none, record, search, url:…, home:Object, list:Object:Id, new:Object or flow:Name
 * @param {{caller: Caller, records: RecordRef[], prefill: Prefill}} found
 * @returns {Pop|null} null if there is nothing to pop
 */
export function popOf(rule, { caller, records, prefill }) {
  const [kind = '', ...rest] = rule.split(':');
  const what = rest.join(':').trim();
  const { number } = caller;
  switch (kind) {
    case 'record': return records[0] ? { type: 'SOBJECT', params: { recordId: records[0].id } } : null;
    case 'search': return { type: 'SEARCH', params: { searchString: number } };
    case 'url': return { type: 'URL', params: { url: what.replaceAll('{number}', encodeURIComponent(number)) } };
    case 'home': return { type: 'OBJECTHOME', params: { scope: what } };
    case 'list': return { type: 'LIST', params: listOf(what) };
    case 'new': return { type: 'NEW_RECORD_MODAL', params: { entityName: what, defaultFieldValues: fieldsFor(prefill, caller, what) } };
    case 'flow': return { type: 'FLOW', params: { flowDevName: what, flowArgs: flowArgsFor(prefill, caller, { number: '{number}' }) } };
    default: return null;
  }
}

/** "Account:00B…", or the id alone. @param {string} what */
function listOf(what) {
  const [scope = '', listViewId] = what.split(':');
  return listViewId ? { listViewId, scope } : { listViewId: what };
}

/** What the admin's Apex class found, as JSON text; null if it is not a list of records. @param {any} value @returns {RecordRef[]|null} */
export function lookedUp(value) {
  try {
    const rows = JSON.parse(value?.runApex ?? value);
    return rows.map(Object).filter((/** @type {any} */ row) => textOf(row.Id ?? row.id)).map((/** @type {any} */ row) => (
      { id: textOf(row.Id ?? row.id), name: textOf(row.Name ?? row.name), object_type: textOf(row.Type ?? row.object_type) }));
  } catch {
    return null;
  }
}

/**
 * @param {Pick<Driver, 'perform'>} driver @param {string} lookUp Class.method @param {any} args of searchAndScreenPop
 * @param {(errors: CtiError[]) => void} onFailed
 * @returns {Promise<Outcome<Found>|null>} null if it did not answer
 */
export async function askApex(driver, lookUp, args, onFailed) {
  const [apexClass, methodName] = lookUp.split('.');
  const methodParams = `number=${encodeURIComponent(args.searchParams)}&callType=${args.callType}`;
  const outcome = await driver.perform('runApex', { apexClass, methodName, methodParams });
  const records = outcome.ok ? lookedUp(outcome.value) : null;
  if (records) return { ok: true, value: { records, pop: null } };
  onFailed(outcome.ok ? [] : outcome.errors);
  return null;
}
