/** What a call tells to the page, form or flow that pops for it. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { NOTHING_NAMED, callerOf, fieldsFor, flowArgsFor, searchArgs } from '../../web/softphone/prefill.js';

const CALLER = { number: '+1 202&5550101', called_number: '+12025550100', call_id: 'call-1', name: 'Grace' };
const NEW_CASE = { screenPopSettings: { NoMatch: { screenPopType: 'PopToNewEntity', screenPopData: 'Case' } } };

test('a search carries caller, called number and call to the page and form that may pop', () => {
  const told = { searchParams: CALLER.number, callType: 'inbound', deferred: true };
  assert.deepEqual(searchArgs(told, NOTHING_NAMED, CALLER, NEW_CASE), {
    ...told, queryParams: 'number=%2B1%20202%265550101&calledNumber=%2B12025550100&callId=call-1', defaultFieldValues: { SuppliedPhone: CALLER.number },
  });
});

test('the number goes into the field that the object has for it, and into none that it may not have', () => {
  const fields = ['Account', 'Contact', 'Lead', 'Case', 'Order', ''].map((object) => fieldsFor(NOTHING_NAMED, CALLER, object));
  assert.deepEqual(fields.map((one) => Object.keys(one)), [['Phone'], ['Phone'], ['Phone'], ['SuppliedPhone'], [], []]);
});

test('what the admin names goes before that, and is left out where the call does not tell it', () => {
  const prefill = { fields: { MobilePhone: '{number}', LastName: '{name}', Line__c: 'Line {called_number}' }, query: 'tel={number}', flow: { caller: '{number}', id: '{call_id}' } };
  const caller = { ...CALLER, name: '' };
  assert.deepEqual(fieldsFor(prefill, caller, 'Contact'), { MobilePhone: CALLER.number, Line__c: 'Line +12025550100' });
  const { queryParams, params } = searchArgs({}, prefill, caller, null);
  assert.equal(queryParams, 'tel=%2B1%20202%265550101');
  assert.deepEqual(params, { FLOW: { flowArgs: [{ name: 'caller', type: 'String', value: CALLER.number }, { name: 'id', type: 'String', value: 'call-1' }] } });
});

test('a flow gets only named variables', () => {
  assert.deepEqual(flowArgsFor(NOTHING_NAMED, CALLER), []);
  assert.deepEqual(flowArgsFor(NOTHING_NAMED, CALLER, { number: '{number}' }), [{ name: 'number', type: 'String', value: CALLER.number }]);
});

test('a call that the view does not hold any more still has its number and id', () => {
  assert.deepEqual(callerOf(undefined, 'c', '1'), { number: '1', called_number: '', call_id: 'c', name: '' });
});
