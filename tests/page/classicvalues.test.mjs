/** Values of Classic in the page's own shapes, whatever Salesforce sends. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { asLightning, entriesOf, foundOf, parsed, popUrl, recordOf, saveParams } from '../../web/softphone/classicvalues.js';
import { popOf } from '../../web/softphone/pops.js';
import { callerOf } from '../../web/softphone/prefill.js';
import { METHODS } from '../../web/demo/classic/methods.js';

test('a result may be JSON text, the value itself, or rubbish', () => {
  assert.deepEqual([parsed('{"a":1}'), parsed({ a: 1 }), parsed('{'), parsed(undefined)], [{ a: 1 }, { a: 1 }, null, null]);
});

test('an error may be a sentence, an object or missing', () => {
  const errors = (/** @type {any} */ reply) => asLightning(reply, parsed).errors;
  assert.deepEqual(errors({ error: 'no' }), [{ code: 'GENERIC_ERROR', description: 'no' }]);
  assert.deepEqual(errors({ error: { message: 'STRING_TOO_LONG: x' } }), [{ code: 'STRING_TOO_LONG', description: 'STRING_TOO_LONG: x' }]);
  assert.deepEqual([errors({}), errors(undefined), errors({ result: false })], [null, null, null]);
});

test('an answer in Lightning\'s shape is taken as it is', () => {
  const idOf = (/** @type {any} */ result) => ({ recordId: result });
  const refused = { success: false, returnValue: null, errors: [{ code: 'SERVER_ERROR', description: 'no' }] };
  const saved = { success: true, returnValue: { recordId: '00T1' }, errors: null };
  assert.deepEqual([asLightning(refused, idOf), asLightning(saved, idOf)], [refused, saved]);
});

test('a page without a record has none, a person account says so', () => {
  assert.equal(recordOf({ url: '/', objectId: '' }), null);
  assert.deepEqual(recordOf({ objectId: '001x', personAccount: 'true', contactId: '003y' }), { id: '001x', contact_id: '003y', person_account: true });
});

test('what is undefined is left out of a save, what is null clears', () => {
  assert.deepEqual(saveParams({ Id: '00T', a: undefined, b: null, recordTypeId: '012' }), { object: 'Task', params: 'Id=00T&b=&RecordTypeId=012' });
});

test('every kind of screen pop has its address or none', () => {
  assert.deepEqual([
    popUrl('LIST', { listViewId: '00B1', scope: 'Lead' }), popUrl('NEW_RECORD_MODAL', { entityName: 'Contact' }), popUrl('FLOW', { flowDevName: 'Hi' }),
    popUrl('OBJECTHOME', { scope: 'Unknown' }), popUrl('NOTHING', {}), popUrl('SOBJECT', undefined),
  ], ['/00Q?fcf=00B1', '/003/e', '/flow/Hi', null, null, null]);
});

test('the edit page of a new Task is filled in by its address', () => {
  const defaultFieldValues = { Subject: 'Later: Ada & Co', WhoId: '003000000000001', Phone: '1' };
  assert.equal(popUrl('NEW_RECORD_MODAL', { entityName: 'Task', defaultFieldValues }), '/00T/e?tsk5=Later%3A+Ada+%26+Co&who_id=003000000000001');
});

test('a new record, a flow and a search take what they are told by their address', () => {
  const defaultFieldValues = { LastName: 'O’Brien & Co', Phone: '+1 202', Color__c: 'red', MobilePhone: '' };
  assert.equal(popUrl('NEW_RECORD_MODAL', { entityName: 'Contact', defaultFieldValues }), '/003/e?name_lastcon2=O%E2%80%99Brien+%26+Co&con10=%2B1+202');
  const prefill = { fields: null, query: '', flow: { number: '{number}', callId: '{call_id}' } };
  const flow = popOf('flow:Call_In', { caller: callerOf(undefined, 'c 1', '+1202'), records: [], prefill });
  assert.equal(popUrl('FLOW', flow?.params), '/flow/Call_In?number=%2B1202&callId=c+1');
  assert.equal(popUrl('SEARCH', { searchString: '+1 202 & more' }), '/search/SearchResults?searchType=2&str=%2B1+202+%26+more');
  assert.equal(popUrl('SEARCH', { searchString: '' }), null);
});

test('a custom object is named by what its ids begin with', () => {
  assert.deepEqual(
    [popUrl('OBJECTHOME', { scope: 'a0B' }), popUrl('LIST', { scope: 'a0B', listViewId: '00B1' }), popUrl('NEW_RECORD_MODAL', { entityName: 'a0B' })],
    ['/a0B/o', '/a0B?fcf=00B1', '/a0B/e']);
  assert.deepEqual([popUrl('OBJECTHOME', { scope: 'Asset__c' }), popUrl('OBJECTHOME', { scope: '../' })], [null, null]);
});

test('a search without a match has nothing to pop', () => {
  assert.deepEqual(foundOf('{"screenPopUrl":""}'), { records: [], rows: {}, pop: null });
  assert.deepEqual(foundOf('rubbish'), { records: [], rows: {}, pop: null });
});

test('a directory that is not a list counts as empty', () => {
  assert.deepEqual([entriesOf(null), entriesOf({ directoryNumbers: null })], [[], []]);
});

test('the stand-in saves what the driver writes, and refuses what Salesforce refuses', () => {
  /** @type {any[]} */
  const saved = [];
  const tasks = { all: () => saved, put: (/** @type {any} */ task) => void saved.splice(0, 1, task), newId: () => '00T000000000001AAA' };
  const save = (/** @type {any} */ value) => {
    const { object, params } = saveParams(value);
    return METHODS['saveLog']?.([object, params], /** @type {any} */ ({ tasks }));
  };
  const lead = { entityApiName: 'Task', WhoId: '00Q000000000001', WhatId: '001000000000001' };
  assert.match(String(save(lead)?.error), /FIELD_INTEGRITY_EXCEPTION/);
  assert.deepEqual(save({ ...lead, WhatId: undefined, CallDurationInSeconds: 12 }), { result: true, id: '00T000000000001AAA' });
  assert.deepEqual(save({ Id: '00T000000000001AAA', WhoId: null, Description: 'a & b' }), { result: true, id: '00T000000000001AAA' });
  assert.deepEqual(saved, [{ Id: '00T000000000001AAA', CallDurationInSeconds: 12, Description: 'a & b' }]);
});

test('false means not done, and no answer means unknown', () => {
  const success = (/** @type {any} */ reply) => asLightning(reply, parsed).success;
  assert.deepEqual([{ result: '7' }, { result: false }, { result: 'false' }, { error: 'no' }, {}, undefined].map(success), [true, false, false, false, undefined, undefined]);
});
