/** Work items: completed once, kept in this tab while they are not, tried once more. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complete, completeAgain } from '../../web/softphone/completions.js';
import { memoryStore } from '../../web/softphone/stores.js';

/** @import {CtiError, Outcome} from '../../web/softphone/types.js' */

/** @param {boolean[]} fates whether each call is taken */
function bench(fates) {
  /** @type {[string, object][]} */
  const calls = [];
  /** @type {CtiError[][]} */
  const failed = [];
  const driver = {
    /** @param {string} workId @param {object} attributes @returns {Promise<Outcome>} */
    completeWork: async (workId, attributes) => {
      calls.push([workId, attributes]);
      return fates.shift() ? { ok: true, value: null } : { ok: false, errors: [{ code: 'SERVER_ERROR', message: 'no' }], timedOut: false };
    },
  };
  return { calls, failed, ports: { driver, store: memoryStore(), onFailed: (/** @type {CtiError[]} */ errors) => void failed.push(errors) } };
}

test('what Salesforce accepted is not sent again', async () => {
  const { calls, failed, ports } = bench([true]);
  await complete(ports, 'w1', { taskId: '00T1' });
  await completeAgain(ports);
  assert.deepEqual([calls, failed, ports.store.length], [[['w1', { taskId: '00T1' }]], [], 0]);
});

test('what it refused is told, and tried once more when the page is back, with the same words', async () => {
  const { calls, failed, ports } = bench([false, false, true]);
  await complete(ports, 'w1', { taskId: '00T1' });
  assert.equal(failed.length, 1);
  await completeAgain(ports);
  await completeAgain(ports);
  assert.deepEqual(calls, [['w1', { taskId: '00T1' }], ['w1', { taskId: '00T1' }]]);
  assert.deepEqual([failed.length, ports.store.length], [2, 0]);
});

test('a page that died meanwhile finds its work, even beside invalid entries', async () => {
  const { calls, ports } = bench([true, true]);
  ports.store.setItem('softphone/works', '{rubbish');
  await completeAgain(ports);
  assert.equal(calls.length, 0);
  ports.store.setItem('softphone/works', JSON.stringify({ w1: { taskId: '00T1' }, w2: { taskId: '00T2' } }));
  await completeAgain(ports);
  assert.deepEqual(calls.map(([workId]) => workId), ['w1', 'w2']);
});
