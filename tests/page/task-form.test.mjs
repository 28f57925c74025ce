/** A refused log: what may be done about it, and Salesforce's own form with all that is known. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { taskFormOf } from '../../web/softphone/task-form.js';
import { actionsOf } from '../../web/softphone/tray.js';

/** @import {TrayRow} from '../../web/softphone/types.js' */

/** @type {TrayRow} */
const ROW = {
  log_id: 'call-1', call_id: 'call-1', number: '+12025550101', display: '(202) 555-0101', direction: 'outbound', record: { id: '003000000000001', name: 'Grace' },
  started_at: new Date(2026, 0, 5, 9).getTime(), talk_seconds: 61, outcome: 'Connected', reason: 'refused', errors: [], record_ids: [],
  actions: ['save_again', 'edit', 'dismiss'], draft: { notes: 'As agreed.', what: { id: '500000000000001' } },
};

test('the form has every value that the Task would have', () => {
  const { entityName, defaultFieldValues } = taskFormOf(ROW, { recordTypeId: '012000000000001', Channel__c: 'Phone' });
  assert.equal(entityName, 'Task');
  assert.deepEqual(defaultFieldValues, {
    Channel__c: 'Phone', RecordTypeId: '012000000000001', Subject: 'Call to Grace', Status: 'Completed', TaskSubtype: 'Call', CallType: 'Outbound',
    CallDurationInSeconds: 61, CallDisposition: 'Connected', CallObject: 'call-1', Description: 'As agreed.', ActivityDate: '2026-01-05',
    WhoId: '003000000000001', WhatId: '500000000000001',
  });
});

test('Salesforce\'s form stands beside what the panel can mend, and nothing says that a refused log is there', () => {
  assert.deepEqual(actionsOf(ROW), ['save_again', 'edit', 'form', 'dismiss']);
  assert.deepEqual(actionsOf({ ...ROW, reason: 'not-confirmed', actions: ['save_again', 'already_there', 'dismiss'] }), ['save_again', 'already_there', 'dismiss']);
});
