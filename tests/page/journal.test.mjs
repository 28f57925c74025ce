/** What this browser knows of its saveLogs survives a reload, for each agent apart. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createJournal } from '../../web/softphone/journal.js';
import { memoryStore } from '../../web/softphone/stores.js';

const ADA = { org_id: '00D1', user_id: '0051', name: 'Ada' };
const NOW = 1_800_000_000_000;
const DAY = 86_400_000;

/** @returns {import('../../web/softphone/types.js').JournalEntry} */
const sent = (log_id = 'log-1', attempt = 1, at = NOW) => ({ log_id, attempt, nonce: 'n', state: 'sent', at });

test('an entry outlives the page that wrote it', () => {
  const store = memoryStore();
  createJournal(store, ADA).put(sent());
  assert.deepEqual(createJournal(store, ADA).unsettled(NOW), [sent()]);
});

test('a later word on the same attempt replaces the earlier one', () => {
  const journal = createJournal(memoryStore(), ADA);
  journal.put(sent());
  journal.put({ ...sent(), state: 'ok', task_id: '00T1' });
  assert.equal(journal.unsettled(NOW).length, 1);
  assert.equal(journal.find('log-1', 1)?.task_id, '00T1');
});

test('only the settled attempt is forgotten', () => {
  const journal = createJournal(memoryStore(), ADA);
  journal.put(sent('log-1', 1));
  journal.put(sent('log-1', 2));
  journal.drop('log-1', 1);
  assert.deepEqual(journal.unsettled(NOW).map((entry) => entry.attempt), [2]);
});

test('another user or org in the same storage sees nothing of it', () => {
  const store = memoryStore();
  createJournal(store, ADA).put(sent());
  assert.deepEqual(createJournal(store, { ...ADA, user_id: '0052' }).unsettled(NOW), []);
  assert.deepEqual(createJournal(store, { ...ADA, org_id: '00D2' }).unsettled(NOW), []);
  assert.equal(createJournal(store, ADA).unsettled(NOW).length, 1);
});

test('invalid and week-old entries are removed, foreign keys stay', () => {
  const store = memoryStore();
  const journal = createJournal(store, ADA);
  journal.put(sent('old', 1, NOW - 8 * DAY));
  journal.put(sent('young', 1, NOW - DAY));
  store.setItem('softphone/journal/00D1/0051/rubbish/1', '{"log_id":');
  store.setItem('somebody else', 'theirs');
  assert.deepEqual(journal.unsettled(NOW).map((entry) => entry.log_id), ['young']);
  assert.equal(store.length, 2);
});
