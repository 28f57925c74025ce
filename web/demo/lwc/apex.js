/** What the Apex class SoftphoneHost does, over the demo org's records and Tasks; strict about its arguments. */

import { payloadOf, peopleNamed, search } from '../records.js';
import { saveTask } from '../taskrules.js';

/** @import {DemoRecord, Org} from '../types.js' */

/** The parameters of each method: another name is null in Apex, and here an error. @type {{[method: string]: string[]}} */
const PARAMETERS = {
  saveCall: ['callId', 'attempt', 'recordId', 'fields'], findCallers: ['phone'], recordOf: ['recordId'],
  phonesOf: ['recordId'], settings: [], ask: ['method', 'params'],
};

/** How Apex fails: the platform's shape of an exception. @param {string} message */
export const exception = (message) => ({ status: 500, body: { message, exceptionType: 'System.AuraHandledException' } });

/** @param {DemoRecord|undefined} record */
function about(record) {
  if (!record || record.object === 'Page') throw exception('That record is not there, or not yours to see.');
  const { number: _number, ...told } = payloadOf(record, { label: '', value: '' });
  return told;
}

/** Errors of a save as the class tells them: one each, with the fields that it is about. @param {any} details */
const errorsOf = ({ fieldErrors }) => Object.entries(fieldErrors).flatMap(([name, errors]) =>
  errors.map((/** @type {any} */ { statusCode, message, fieldLabel }) => ({ statusCode, message, fields: [{ name, label: fieldLabel }] })));

/** One Task for a call, and never an older save over a newer one. @param {any} given @param {Org} org */
function saveCall({ callId, attempt, recordId, fields }, { tasks }) {
  const all = tasks.all();
  const known = all.find((task) => task['Softphone_Call__c'] === callId) ?? all.find((task) => task.Id === recordId);
  if (known && Number(known['Softphone_Save__c'] ?? 0) >= attempt) return { recordId: known.Id };
  const id = known?.Id ?? recordId;
  const answer = saveTask({ ...JSON.parse(fields), ...(id ? { Id: id } : { entityApiName: 'Task', TaskSubtype: 'Call' }) }, tasks);
  if (!answer.success) return { errors: errorsOf(answer.errors?.[0]?.details ?? { fieldErrors: { Id: [{ statusCode: 'ENTITY_IS_DELETED', message: 'entity is deleted' }] } }) };
  const saved = Reflect.get(Object(answer.returnValue), 'recordId');
  const task = tasks.all().find((one) => one.Id === saved);
  if (task) tasks.put({ ...task, Softphone_Call__c: callId, Softphone_Save__c: attempt });
  return { recordId: saved };
}

/** @param {string} method @param {string} params @param {Org} org */
function ask(method, params, { records, who }) {
  const given = new URLSearchParams(params);
  if (method === 'SoftphoneSearch.find') return JSON.stringify(peopleNamed(records, given.get('words') ?? ''));
  if (method === 'SoftphoneCallLog.whoAmI' && who) return JSON.stringify({ nonce: given.get('nonce'), ...who });
  throw exception(`${method} is not in the settings, or its class is not Callable.`);
}

/** @param {Org} org @returns {{[method: string]: (given: any) => unknown}} */
export function createApex(org) {
  const { records } = org;
  const record = (/** @type {string} */ id) => records.find(({ Id }) => Id === id);
  /** @type {{[method: string]: (given: any) => unknown}} */
  const methods = {
    saveCall: (given) => saveCall(given, org),
    findCallers: ({ phone }) => (phone.length < 3 ? [] : search(records, phone).map(about)),
    recordOf: ({ recordId }) => about(record(recordId)),
    phonesOf: ({ recordId }) => (record(recordId)?.fields ?? []).filter(({ kind }) => kind === 'phone').map(({ label, value }) => ({ field: label, label, number: value })),
    settings: () => org.settings ?? {},
    ask: ({ method, params }) => ask(method, params, org),
  };
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, (given = {}) => {
    const strange = Object.keys(given).filter((key) => !PARAMETERS[name]?.includes(key));
    if (strange.length > 0) throw exception(`${name} has no parameter ${strange}`);
    return method(given);
  }]));
}
