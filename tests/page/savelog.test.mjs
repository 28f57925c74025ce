/** A go is carried out once, and only while this page's own accept is fresh by both clocks. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createJournal } from '../../web/softphone/journal.js';
import { memoryStore } from '../../web/softphone/stores.js';
import { createSaveLog } from '../../web/softphone/savelog.js';

const USER = { org_id: '00D1', user_id: '0051', name: 'Ada' };
const GO = { type: 'go', log_id: 'log-1', attempt: 1, nonce: 'n1', call: { method: 'saveLog', args: { entityApiName: 'Task' } }, refresh: true };

function bench() {
  const clocks = { wall: 1_000_000, steady: 50 };
  /** @type {any[]} */
  const frames = [];
  /** @type {{value: object, onReply: (outcome: any) => void}[]} */
  const saves = [];
  /** @type {any[]} */
  const works = [];
  let refreshed = 0;
  const journal = createJournal(memoryStore(), USER);
  const saving = createSaveLog({
    driver: {
      saveLog: (value, onReply) => void saves.push({ value, onReply }),
      refresh: async () => ({ ok: true, value: ++refreshed }),
    },
    journal,
    send: (frame) => frames.push(frame),
    complete: (workId, attributes) => void works.push({ workId, attributes }),
    wall: () => clocks.wall,
    steady: () => clocks.steady,
  });
  return { works, clocks, frames, saves, journal, saving, refreshed: () => refreshed };
}

test('offered, accepted, told to go: saved with the exact value, journalled first, reported, refreshed', () => {
  const { frames, saves, journal, saving, refreshed } = bench();
  saving.offer({ log_id: 'log-1' });
  assert.deepEqual(frames, [{ type: 'accept', log_id: 'log-1' }]);
  saving.go(GO);
  assert.equal(saves.length, 1);
  assert.deepEqual(saves[0]?.value, GO.call.args);
  assert.equal(journal.find('log-1', 1)?.state, 'sent');
  saves[0]?.onReply({ ok: true, value: { recordId: '00T1' } });
  assert.deepEqual(frames[1], { type: 'result', outcome: 'ok', log_id: 'log-1', attempt: 1, nonce: 'n1', task_id: '00T1' });
  assert.equal(journal.find('log-1', 1)?.state, 'ok');
  assert.equal(refreshed(), 1);
});

test('a save that Salesforce answers twice is reported and refreshed once', () => {
  const { frames, saves, journal, saving, refreshed, works } = bench();
  saving.offer({ log_id: 'log-1' });
  saving.go({ ...GO, work: { work_id: 'w1', attributes: {} } });
  saves[0]?.onReply({ ok: true, value: { recordId: '00T1' } });
  saves[0]?.onReply({ ok: true, value: { recordId: '00T1' } });
  saves[0]?.onReply({ ok: false, errors: [{ code: 'SERVER_ERROR', message: '' }], timedOut: false });
  assert.deepEqual(frames.map(({ type }) => type), ['accept', 'result']);
  assert.deepEqual([journal.find('log-1', 1)?.state, refreshed(), works.length], ['ok', 1, 1]);
});

test('a refusal that turns out to be a Task, and a second Task, are reported', () => {
  const { frames, saves, saving, refreshed } = bench();
  saving.offer({ log_id: 'log-1' });
  saving.go(GO);
  saves[0]?.onReply({ ok: false, errors: [{ code: 'SERVER_ERROR', message: '' }], timedOut: false });
  saves[0]?.onReply({ ok: true, value: { recordId: '00T1' } });
  saves[0]?.onReply({ ok: true, value: { recordId: '00T2' } });
  assert.deepEqual(frames.slice(1).map(({ outcome, task_id: id }) => [outcome, id]), [['refused', undefined], ['ok', '00T1'], ['ok', '00T2']]);
  assert.equal(refreshed(), 1);
});

test('work is completed with the Task that was saved, and only then', () => {
  const { works, saves, saving } = bench();
  const work = { work_id: 'w1', attributes: { disposition: 'Connected', wasConnected: true } };
  saving.offer({ log_id: 'log-1' });
  saving.go({ ...GO, work });
  saves[0]?.onReply({ ok: false, errors: [], timedOut: false });
  assert.deepEqual(works, []);
  saving.offer({ log_id: 'log-1' });
  saving.go({ ...GO, attempt: 2, work });
  saves[1]?.onReply({ ok: true, value: { recordId: '00T1' } });
  assert.deepEqual(works, [{ workId: 'w1', attributes: { taskId: '00T1', ...work.attributes } }]);
});

test('an update is sent exactly as it came', () => {
  const { saves, saving } = bench();
  saving.offer({ log_id: 'log-1' });
  const call = { method: 'saveLog', args: { Id: '00T1', Subject: 's' } };
  saving.go({ ...GO, call });
  assert.equal(saves[0]?.value, call.args);
});

test('a refusal is reported with its errors and nothing is refreshed', () => {
  const { frames, saves, saving, refreshed } = bench();
  saving.offer({ log_id: 'log-1' });
  saving.go(GO);
  const errors = [{ code: 'SERVER_ERROR', message: 'no' }];
  saves[0]?.onReply({ ok: false, errors, timedOut: false });
  assert.deepEqual(frames[1], { type: 'result', outcome: 'refused', log_id: 'log-1', attempt: 1, nonce: 'n1', errors });
  assert.equal(refreshed(), 0);
});

test('a repeated offer does not freshen the accept that an old go was for', () => {
  const { clocks, frames, saves, saving } = bench();
  saving.offer({ log_id: 'log-1' });
  clocks.wall += 60_000;
  clocks.steady += 60_000;
  // Thawed: the offer of a later round waited, and behind it the go of long ago.
  saving.offer({ log_id: 'log-1' });
  saving.go(GO);
  assert.equal(saves.length, 0);
  assert.deepEqual(frames.at(-1), { type: 'result', log_id: 'log-1', attempt: 1, nonce: 'n1', outcome: 'expired' });
  saving.offer({ log_id: 'log-1' });
  saving.go({ ...GO, attempt: 2 });
  assert.equal(saves.length, 1);
});

for (const clock of /** @type {const} */ (['wall', 'steady'])) {
  test(`more than five seconds by the ${clock} clock alone is too late`, () => {
    const { clocks, frames, saves, journal, saving } = bench();
    saving.offer({ log_id: 'log-1' });
    clocks[clock] += 5_001;
    saving.go(GO);
    assert.equal(saves.length, 0);
    assert.equal(journal.find('log-1', 1), null);
    assert.deepEqual(frames[1], { type: 'result', log_id: 'log-1', attempt: 1, nonce: 'n1', outcome: 'expired' });
  });
}

test('five seconds to the millisecond is in time', () => {
  const { clocks, saves, saving } = bench();
  saving.offer({ log_id: 'log-1' });
  clocks.wall += 5_000;
  clocks.steady += 5_000;
  saving.go(GO);
  assert.equal(saves.length, 1);
});

test('a clock that was set back proves nothing: the go is too late', () => {
  const { clocks, saves, saving } = bench();
  saving.offer({ log_id: 'log-1' });
  clocks.wall -= 1;
  saving.go(GO);
  assert.equal(saves.length, 0);
});

test('a go without an own accept is not carried out', () => {
  const { frames, saves, saving } = bench();
  saving.go(GO);
  saving.offer({ log_id: 'log-1' });
  saving.taken({ log_id: 'log-1' });
  saving.go(GO);
  assert.equal(saves.length, 0);
  assert.deepEqual(frames.map((frame) => frame.outcome ?? frame.type), ['expired', 'accept', 'expired']);
});

test('a repeated go never saves again; the known outcome is reported again', () => {
  const { frames, saves, saving } = bench();
  saving.offer({ log_id: 'log-1' });
  saving.go(GO);
  saving.offer({ log_id: 'log-1' });
  saving.go(GO);
  assert.equal(saves.length, 1);
  assert.ok(!frames.some((frame) => frame.type === 'result'));
  saves[0]?.onReply({ ok: true, value: '00T1' });
  saving.go(GO);
  assert.equal(saves.length, 1);
  assert.deepEqual(frames.filter((frame) => frame.type === 'result').map((frame) => frame.task_id), ['00T1', '00T1']);
});

test('one accept is worth one go', () => {
  const { saves, saving } = bench();
  saving.offer({ log_id: 'log-1' });
  saving.go(GO);
  saving.go({ ...GO, attempt: 2, nonce: 'n2' });
  assert.equal(saves.length, 1);
});

test('a settled attempt leaves the journal', () => {
  const { saves, journal, saving } = bench();
  saving.offer({ log_id: 'log-1' });
  saving.go(GO);
  saves[0]?.onReply({ ok: true, value: { recordId: '00T1' } });
  saving.settled({ log_id: 'log-1', attempt: 1 });
  assert.equal(journal.find('log-1', 1), null);
});

test('an unclear answer is not reported: nobody knows whether there is a Task', () => {
  const { frames, saves, journal, saving } = bench();
  saving.offer({ log_id: 'log-1' });
  saving.go(GO);
  saves[0]?.onReply({ ok: false, errors: [], timedOut: false, isUnclear: true });
  assert.equal(frames.length, 1);
  assert.equal(journal.find('log-1', 1)?.state, 'sent');
});
