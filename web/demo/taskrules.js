/** What Salesforce checks before it saves a Task, and how it says no. Pure. */

/** @import {Task, WireError, WireResponse} from './types.js' */

/** @typedef {{label: string, kind: 'text'|'int'|'date'|'id', max?: number, prefixes?: string[]}} Rule */

const PERSONS = ['003', '00Q'];
const THINGS = ['001', '500', '006', '701', '02i', '800', '801', '01t', '0Q0', '0WO', 'a'];

/** @type {{[field: string]: Rule}} */
const FIELDS = {
  Subject: { label: 'Subject', kind: 'text', max: 255 },
  Status: { label: 'Status', kind: 'text', max: 255 },
  TaskSubtype: { label: 'Task Subtype', kind: 'text', max: 255 },
  CallType: { label: 'Call Type', kind: 'text', max: 255 },
  CallDurationInSeconds: { label: 'Call Duration', kind: 'int' },
  CallDisposition: { label: 'Call Result', kind: 'text', max: 255 },
  CallObject: { label: 'Call Object Identifier', kind: 'text', max: 255 },
  Description: { label: 'Comments', kind: 'text', max: 32_000 },
  ActivityDate: { label: 'Due Date', kind: 'date' },
  WhoId: { label: 'Name', kind: 'id', prefixes: PERSONS },
  WhatId: { label: 'Related To', kind: 'id', prefixes: THINGS },
  Priority: { label: 'Priority', kind: 'text', max: 255 },
  Type: { label: 'Type', kind: 'text', max: 255 },
  OwnerId: { label: 'Assigned To', kind: 'id', prefixes: ['005'] },
};
const PICKLISTS = /** @type {{[field: string]: string[]}} */ ({
  Status: ['Not Started', 'In Progress', 'Completed', 'Waiting on someone else', 'Deferred'],
  CallType: ['Inbound', 'Outbound', 'Internal'],
  TaskSubtype: ['Task', 'Email', 'Call'],
});
const MESSAGE = 'An error occurred while trying to update the record. Please try again.';

/** @param {string} field @param {string} statusCode @param {string} message */
const fault = (field, statusCode, message) => ({
  field, statusCode, message, fieldLabel: FIELDS[field]?.label ?? field, columnApiName: field,
});

/** @param {string} field @param {unknown} value */
function checkField(field, value) {
  const rule = FIELDS[field];
  if (!rule) return fault(field, 'INVALID_FIELD', `No such column '${field}' on sobject of type Task`);
  if (value === null) return null;
  if (rule.kind === 'int') {
    return Number.isInteger(value) && Number(value) >= 0 ? null : fault(field, 'INVALID_TYPE_ON_FIELD_IN_RECORD', 'value not of required type');
  }
  const text = String(value);
  if (typeof value !== 'string') return fault(field, 'INVALID_TYPE_ON_FIELD_IN_RECORD', 'value not of required type');
  if (rule.max && text.length > rule.max) return fault(field, 'STRING_TOO_LONG', `data value too large (max length=${rule.max})`);
  if (PICKLISTS[field] && !PICKLISTS[field].includes(text)) return fault(field, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', `bad value for restricted picklist field: ${text}`);
  if (rule.kind === 'date' && !isDate(text)) return fault(field, 'INVALID_TYPE_ON_FIELD_IN_RECORD', `not a date: ${text}`);
  if (rule.kind === 'id') return checkId(field, text, rule.prefixes ?? []);
  return null;
}

/** @param {string} text */
const isDate = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && new Date(text).toJSON()?.startsWith(text) === true;

/** @param {string} field @param {string} text @param {string[]} prefixes */
function checkId(field, text, prefixes) {
  if (!/^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/.test(text)) return fault(field, 'MALFORMED_ID', `id value of incorrect type: ${text}`);
  if (!prefixes.some((prefix) => text.startsWith(prefix))) return fault(field, 'FIELD_INTEGRITY_EXCEPTION', `id of a wrong kind: ${text}`);
  return null;
}

/** @param {ReturnType<typeof fault>[]} faults @returns {WireResponse} */
function refused(faults) {
  /** @type {{[field: string]: object[]}} */
  const fieldErrors = {};
  for (const { field, ...error } of faults) (fieldErrors[field] ??= []).push(error);
  const details = { message: MESSAGE, pageErrors: [], fieldErrors, potentialDuplicates: [] };
  return failure('GENERIC_ERROR', MESSAGE, details);
}

/** @param {string} code @param {string} description @param {unknown} [details] @returns {WireResponse} */
export function failure(code, description, details = null) {
  /** @type {WireError} */
  const error = { code, description, details };
  return { success: false, returnValue: null, errors: [error] };
}

/** @param {unknown} returnValue @returns {WireResponse} */
export const success = (returnValue) => ({ success: true, returnValue, errors: null });

/**
 * Create (entityApiName) or update (Id) a Task.
 * @param {any} value saveLog's value, `object` on the wire
 * @param {{all: () => Task[], put: (task: Task) => void, newId: () => string}} tasks
 * @returns {WireResponse}
 */
export function saveTask(value, tasks) {
  if (typeof value !== 'object' || value === null) return failure('INVALID_PARAM', 'value must be an object');
  const { Id, entityApiName, recordTypeId: _recordType, ...fields } = value;
  const before = tasks.all().find((task) => task.Id === Id);
  if (Id === undefined && entityApiName !== 'Task') return failure('INVALID_PARAM', 'entityApiName or Id is missing');
  if (Id !== undefined && !before) return failure('GENERIC_ERROR', `no Task with the id ${Id}`);
  const faults = Object.entries(fields).map(([field, given]) => checkField(field, given)).filter((one) => one !== null);
  const next = Object.fromEntries(Object.entries({ ...before, ...fields }).filter(([, given]) => given !== null));
  if (String(next['WhoId'] ?? '').startsWith('00Q') && next['WhatId']) {
    faults.push(fault('WhatId', 'FIELD_INTEGRITY_EXCEPTION', 'Related To must be blank when Name is a Lead'));
  }
  if (before && fields.TaskSubtype !== undefined) faults.push(fault('TaskSubtype', 'INVALID_FIELD_FOR_INSERT_UPDATE', 'can be set on create only'));
  if (faults.length > 0) return refused(faults);
  const id = before?.Id ?? tasks.newId();
  tasks.put({ ...next, Id: id });
  return success({ recordId: id });
}
