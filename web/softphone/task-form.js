/**
 * Salesforce's own form for a refused Task, with all known values, so that the agent fills in only what
 * this panel has no field for.
 * https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_methods_lex_screenpop.htm
 */

import { linksOf } from './links.js';
import { whoIs } from './numbers.js';

/** @import {TrayRow} from './types.js' */

/** @type {{[direction: string]: string}} */
const CALL_TYPES = { inbound: 'Inbound', outbound: 'Outbound', internal: 'Internal' };

/** The words that the adapter itself uses in a Task: the org's, not the panel's. @type {{[direction: string]: string}} */
const SUBJECTS = { inbound: 'Call from', outbound: 'Call to', internal: 'Internal call with' };

/** The day in this browser's time zone, in Salesforce's format. @param {number} at milliseconds */
function dayOf(at) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const day = new Date(at);
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** @param {TrayRow} row @param {{[field: string]: string}} taskFields the admin's fields of each new Task */
export function taskFormOf(row, taskFields) {
  const { who, what } = linksOf(row);
  const { recordTypeId: RecordTypeId, ...fields } = taskFields;
  const values = {
    ...fields, RecordTypeId,
    Subject: row.draft.subject || `${SUBJECTS[row.direction]} ${whoIs(row)}`.slice(0, 255),
    Status: 'Completed', TaskSubtype: 'Call', CallType: CALL_TYPES[row.direction],
    CallDurationInSeconds: row.talk_seconds ?? 0, CallDisposition: row.draft.disposition || row.outcome,
    CallObject: row.log_id, Description: row.draft.notes, ActivityDate: dayOf(row.started_at), WhoId: who?.id, WhatId: what?.id,
  };
  const known = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return { entityName: 'Task', defaultFieldValues: Object.fromEntries(known) };
}
