/** What the agent typed is theirs until the server has shown it back. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createUnsaved } from '../../web/softphone/unsaved.js';
import { memoryStore } from '../../web/softphone/stores.js';

test('typed text survives a reload of the panel', () => {
  const store = memoryStore();
  createUnsaved(store, 'k').typed('notes', 'hello');
  assert.deepEqual(createUnsaved(store, 'k').fields(), { notes: 'hello' });
});

test('a view that shows an earlier text does not make the later one saved', () => {
  const unsaved = createUnsaved(memoryStore(), 'k');
  unsaved.typed('notes', 'hello world');
  unsaved.seen({ notes: 'hello' });
  assert.deepEqual(unsaved.fields(), { notes: 'hello world' });
  unsaved.seen({ notes: 'hello world' });
  assert.equal(unsaved.any(), false);
});

test('each field is saved by itself, an emptied one too', () => {
  const unsaved = createUnsaved(memoryStore(), 'k');
  unsaved.typed('notes', '');
  unsaved.typed('subject', 'Rates');
  unsaved.seen({ subject: 'Rates', notes: 'old' });
  assert.deepEqual(unsaved.fields(), { notes: '' });
  unsaved.seen({ subject: 'Rates' });
  assert.equal(unsaved.any(), false);
});

test('nothing remains once everything is saved, not even invalid entries', () => {
  const store = memoryStore();
  const unsaved = createUnsaved(store, 'k');
  unsaved.typed('notes', 'hello');
  unsaved.forget();
  assert.equal(store.length, 0);
  store.setItem('k', '{');
  assert.equal(createUnsaved(store, 'k').any(), false);
});

test('what the admin has asked for is saved by itself too', () => {
  const store = memoryStore();
  const unsaved = createUnsaved(store, 'k');
  unsaved.typed('notes', 'hello');
  unsaved.typed('fields.Region__c', 'West');
  unsaved.typed('fields.Reason__c', 'Price');
  assert.deepEqual(createUnsaved(store, 'k').fields(), { notes: 'hello', fields: { Region__c: 'West', Reason__c: 'Price' } });
  unsaved.seen({ notes: 'hello', fields: { Region__c: 'West' } });
  assert.deepEqual(unsaved.fields(), { fields: { Reason__c: 'Price' } });
  unsaved.seen({ fields: { Region__c: 'West', Reason__c: 'Price' } });
  assert.equal(unsaved.any(), false);
});
