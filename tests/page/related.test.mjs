/** Which person and which thing a Task goes to, as Salesforce's rules have it. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { kindOf, linksOf, optionsOf } from '../../web/softphone/links.js';
import { call } from './views.mjs';

const GRACE = { id: '003000000000001', name: 'Grace', object_type: 'Contact' };
const LEO = { id: '00Q000000000001', name: 'Leo', object_type: 'Lead' };
const CASE = { id: '500000000000001', name: '00001026', object_type: 'Case', contact_id: '003000000000001' };
const MEI = { id: '001000000000002', name: 'Mei', object_type: 'Account', contact_id: '003000000000009', person_account: true };
const ACME = { id: '001000000000001', name: 'Acme', object_type: 'Account' };
const ORDER = { id: '801000000000001', name: '00000100', object_type: 'Order' };
const USER = { id: '005000000000001', name: 'Ada', object_type: 'User' };

/** @param {Parameters<typeof linksOf>[0]} card */
const ids = (card) => {
  const { who, what } = linksOf(card);
  return [who?.id ?? null, what?.id ?? null];
};

test('a record stands where Salesforce lets it', () => {
  assert.deepEqual(ids({ record: GRACE, draft: {} }), [GRACE.id, null]);
  assert.deepEqual(ids({ record: ACME, draft: {} }), [null, ACME.id]);
  assert.deepEqual(ids({ record: CASE, draft: {} }), [GRACE.id, CASE.id]);
  assert.deepEqual(ids({ record: MEI, draft: {} }), [MEI.contact_id, null]);
  assert.deepEqual(ids({ record: ORDER, draft: {} }), [null, ORDER.id]);
  assert.deepEqual(ids({ record: USER, draft: {} }), [null, null]);
  assert.deepEqual(ids({ record: null, draft: {} }), [null, null]);
});

test('the agent\'s choice overrides it, and a Lead permits no related record', () => {
  assert.deepEqual(ids({ record: GRACE, draft: { what: CASE } }), [GRACE.id, CASE.id]);
  assert.deepEqual(ids({ record: LEO, draft: { what: CASE } }), [LEO.id, null]);
  assert.deepEqual(ids({ record: CASE, draft: { who: { id: '' } } }), [null, CASE.id]);
});

test('everything known is offered once, and what is linked is marked', () => {
  const card = call({ record: CASE, matches: [GRACE, MEI, USER] });
  const options = optionsOf(card, [ACME, ORDER, GRACE]);
  assert.deepEqual(options.map(({ record, chosen }) => [record.id, chosen]), [
    [CASE.id, true], [GRACE.id, true], [MEI.id, false], [ACME.id, false], [ORDER.id, false],
  ]);
});

test('a kind that nobody told is seen from the id', () => {
  assert.deepEqual([kindOf({ id: '00Q000000000009' }), kindOf({ id: '500000000000009' }), kindOf({ id: 'zzz' })], ['Lead', 'Case', '']);
});
