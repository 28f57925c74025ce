/** The Lightning driver: exact calls, every answer in one shape, never an exception. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { clickOf, lightningDriver, recordOf } from '../../web/softphone/lightning.js';

test('a click is the raw number as text, its record and its parameters', () => {
  const click = clickOf({ number: 2025550101, recordId: '003x', recordName: 'Grace', objectType: 'Contact', accountId: '001x', params: 'a,b' }, 5);
  assert.deepEqual(click, { number: '2025550101', record: { id: '003x', name: 'Grace', object_type: 'Contact', account_id: '001x' }, params: 'a,b', clickedAt: 5 });
});

test('a bare link has no record, a person account says so', () => {
  assert.equal(clickOf({ number: '1' }, 0).record, null);
  assert.deepEqual(recordOf({ recordId: '001x', personAccount: 'true', contactId: '003y' }), { id: '001x', contact_id: '003y', person_account: true });
  assert.deepEqual(clickOf(undefined, 0), { number: '', record: null, params: '', clickedAt: 0 });
});

test('a library that throws is an answer, whichever method throws', async () => {
  const broken = new Proxy({}, { get: () => () => { throw new Error('broken'); } });
  const driver = lightningDriver(broken);
  for (const outcome of [await driver.enable(), await driver.refresh(), await driver.perform('screenPop', {})]) {
    assert.deepEqual(outcome, { ok: false, errors: [{ code: 'LIBRARY_ERROR', message: 'broken' }], timedOut: false });
  }
  /** @type {any[]} */
  const heard = [];
  driver.saveLog({}, (outcome) => heard.push(outcome));
  assert.equal(heard[0].ok, false);
});

test('saveLog hands over the value itself; refreshView gets nothing at all', async () => {
  /** @type {any[][]} */
  const calls = [];
  const driver = lightningDriver({
    saveLog: (/** @type {any} */ options) => { calls.push(['saveLog', options.value]); options.callback({ success: true, returnValue: { recordId: '00T1' } }); },
    refreshView: (/** @type {any[]} */ ...all) => calls.push(['refreshView', ...all]),
  });
  const value = { entityApiName: 'Task' };
  driver.saveLog(value, (outcome) => assert.deepEqual(outcome, { ok: true, value: { recordId: '00T1' } }));
  await driver.refresh();
  assert.deepEqual(calls, [['saveLog', value], ['refreshView']]);
});

test('the parameters of a click may be a text, a list, or have names', () => {
  const params = (/** @type {unknown} */ told) => clickOf({ number: '1', params: told }, 0).params;
  assert.deepEqual([params('a,b'), params(['a', 7]), params({ sourceId: 'Q4', rank: 7 }), params([{}, 'a']), params(null)], ['a,b', 'a,7', 'sourceId=Q4,rank=7', 'a', '']);
});
