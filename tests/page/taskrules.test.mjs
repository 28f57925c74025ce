/** The demo org refuses what Salesforce refuses, in the shape in which Salesforce says it. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { memoryStore } from '../../web/softphone/stores.js';
import { activitiesOf, payloadOf, recordId, RECORDS, search } from '../../web/demo/records.js';
import { saveTask } from '../../web/demo/taskrules.js';
import { createTasks } from '../../web/demo/tasks.js';

const CONTACT = recordId('003', 1);
const LEAD = recordId('00Q', 1);
const ACCOUNT = recordId('001', 1);
const CALL = {
  entityApiName: 'Task', Subject: 'Call', Status: 'Completed', TaskSubtype: 'Call', CallType: 'Outbound',
  CallDurationInSeconds: 12, CallObject: 'call-1', ActivityDate: '2026-02-28', WhoId: CONTACT,
};

/** @param {object} value */
function save(value, tasks = createTasks(memoryStore())) {
  const response = saveTask(value, tasks);
  /** @type {any} */
  const details = response.errors?.[0]?.details;
  return { ...response, tasks, faults: Object.entries(details?.fieldErrors ?? {}).map(([field, [error]]) => [field, error.statusCode]) };
}

test('a call becomes a Task whose id comes back as recordId', () => {
  const { success, returnValue, errors, tasks } = save(CALL);
  const [task] = tasks.all();
  assert.deepEqual([success, errors, returnValue], [true, null, { recordId: task?.Id }]);
  assert.match(task?.Id ?? '', /^00T[A-Za-z0-9]{15}$/);
  assert.equal(task?.['entityApiName'], undefined);
  assert.equal(task?.['CallObject'], 'call-1');
});

test('an update by Id changes what it names; null clears', () => {
  const { tasks } = save(CALL);
  const Id = tasks.all()[0]?.Id;
  assert.equal(save({ Id, Description: 'notes', WhoId: null }, tasks).success, true);
  assert.equal(tasks.all().length, 1);
  assert.equal(tasks.all()[0]?.['Description'], 'notes');
  assert.equal(tasks.all()[0]?.['WhoId'], undefined);
  assert.equal(tasks.all()[0]?.['Subject'], 'Call');
});

test('what is neither a create nor an update of something is refused', () => {
  assert.equal(save({ Subject: 'x' }).errors?.[0]?.code, 'INVALID_PARAM');
  assert.equal(save({ Id: '00T000000000000AAA', Subject: 'x' }).success, false);
  assert.equal(saveTask(null, createTasks(memoryStore())).success, false);
});

/** @type {[string, object, string, string][]} */
const BREACHES = [
  ['an unknown field', { Nonsense__c: 'x' }, 'Nonsense__c', 'INVALID_FIELD'],
  ['a subject that is too long', { Subject: 'x'.repeat(256) }, 'Subject', 'STRING_TOO_LONG'],
  ['notes that are too long', { Description: 'x'.repeat(32_001) }, 'Description', 'STRING_TOO_LONG'],
  ['a duration with a fraction', { CallDurationInSeconds: 1.5 }, 'CallDurationInSeconds', 'INVALID_TYPE_ON_FIELD_IN_RECORD'],
  ['a duration below zero', { CallDurationInSeconds: -1 }, 'CallDurationInSeconds', 'INVALID_TYPE_ON_FIELD_IN_RECORD'],
  ['a day that does not exist', { ActivityDate: '2026-02-30' }, 'ActivityDate', 'INVALID_TYPE_ON_FIELD_IN_RECORD'],
  ['an unknown status', { Status: 'Done' }, 'Status', 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
  ['an account as the person', { WhoId: ACCOUNT }, 'WhoId', 'FIELD_INTEGRITY_EXCEPTION'],
  ['a contact as the thing', { WhatId: CONTACT }, 'WhatId', 'FIELD_INTEGRITY_EXCEPTION'],
  ['a thing beside a Lead', { WhoId: LEAD, WhatId: ACCOUNT }, 'WhatId', 'FIELD_INTEGRITY_EXCEPTION'],
  ['the text null as an id', { WhoId: 'null' }, 'WhoId', 'MALFORMED_ID'],
];
for (const [what, change, field, code] of BREACHES) {
  test(`${what} is refused, names its field, and saves nothing`, () => {
    const { success, faults, tasks } = save({ ...CALL, ...change });
    assert.equal(success, false);
    assert.deepEqual(faults, [[field, code]]);
    assert.deepEqual(tasks.all(), []);
  });
}

test('TaskSubtype cannot be changed afterwards', () => {
  const { tasks } = save(CALL);
  assert.deepEqual(save({ Id: tasks.all()[0]?.Id, TaskSubtype: 'Call' }, tasks).faults, [['TaskSubtype', 'INVALID_FIELD_FOR_INSERT_UPDATE']]);
});

test('ids end in the letters that spell their capitals', () => {
  assert.equal(recordId('003', 1), '003Hp0000000001IAA');
});

test('a phone link tells its record, a bare one only its number', () => {
  const person = RECORDS.find(({ personAccount }) => personAccount);
  const bare = RECORDS.find(({ object }) => object === 'Page');
  assert.ok(person && bare);
  const field = (/** @type {typeof person} */ record) => record.fields.find(({ kind }) => kind === 'phone') ?? assert.fail();
  const told = payloadOf(person, field(person));
  assert.deepEqual([told.objectType, told.personAccount, told.contactId?.slice(0, 3)], ['Account', true, '003']);
  assert.deepEqual(Object.keys(payloadOf(bare, field(bare))), ['number']);
});

test('a search finds by name and by the digits of a number, however they are written', () => {
  assert.deepEqual(search(RECORDS, 'grace').map(({ Name }) => Name), ['Grace Okafor']);
  assert.deepEqual(search(RECORDS, '+12025559001').map(({ Name }) => Name), ['Nora Lindqvist']);
});

test('a Task shows on its person and on its thing', () => {
  const acme = RECORDS.find(({ Id }) => Id === ACCOUNT);
  assert.ok(acme);
  assert.equal(activitiesOf(acme, [{ Id: '1', WhatId: ACCOUNT }, { Id: '2', WhoId: CONTACT }]).length, 1);
});
