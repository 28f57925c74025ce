/** What the softphone layout selects is what is searched and shown. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { isSearched, partOf, selectedFields, showsFact } from '../../web/softphone/layout.js';

/** @import {Layout} from '../../web/softphone/types.js' */

/** @type {Layout} */
const LAYOUT = {
  Inbound: {
    callRelatedFields: ['ANI', 'DNIS'],
    objects: { Contact: [{ displayName: 'Name', apiName: 'Name' }, { displayName: 'Job', apiName: 'Title' }, { displayName: 'City', apiName: 'MailingCity' }] },
  },
  Internal: { callRelatedFields: [], objects: {} },
};

test('the fields that the layout selects are shown with its display names, empty ones are not', () => {
  const found = { records: [{ id: '003A', object_type: 'Contact' }, { id: '00QB', object_type: 'Lead' }], pop: null, rows: { '003A': { Name: 'Grace', Title: 'Buyer', Secret: 'x' }, '00QB': { Title: 'y' } } };
  assert.deepEqual(selectedFields(found, partOf(LAYOUT, 'inbound')), { '003A': [{ label: 'Job', value: 'Buyer' }] });
  assert.deepEqual(selectedFields({ records: found.records, pop: null }, undefined), {});
});

test('facts of the call are shown as the layout says, and where it says nothing', () => {
  assert.deepEqual([partOf(LAYOUT, 'inbound'), partOf(LAYOUT, 'internal'), partOf(null, 'inbound')].map((part) => showsFact(part, 'DNIS')), [true, false, true]);
});

test('a call type without objects is not searched', () => {
  assert.deepEqual([partOf(LAYOUT, 'inbound'), partOf(LAYOUT, 'internal'), undefined].map(isSearched), [true, false, true]);
});

test('a layout of another shape costs what is odd in it', () => {
  const odd = /** @type {any} */ ({ callRelatedFields: { 0: 'ANI' }, objects: { Contact: [null, { apiName: 'Title', displayName: 'Job' }, {}] } });
  const found = { records: [{ id: '003A', object_type: 'Contact' }], pop: null, rows: { '003A': { Title: 'Buyer' } } };
  assert.equal(showsFact(odd, 'DNIS'), true);
  assert.deepEqual(selectedFields(found, odd), { '003A': [{ label: 'Job', value: 'Buyer' }] });
});
