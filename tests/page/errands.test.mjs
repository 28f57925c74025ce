/** Pops happen at most once; reads are reads. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createErrands } from '../../web/softphone/errands.js';

/** @import {Outcome} from '../../web/softphone/types.js' */

/** @param {Outcome} outcome */
function bench(outcome = { ok: true, value: 7 }) {
  /** @type {any[]} */
  const frames = [];
  /** @type {string[]} */
  const performed = [];
  /** @type {string[]} */
  const failed = [];
  const errands = createErrands({
    driver: { perform: async (method) => { performed.push(method); return outcome; } },
    send: (frame) => frames.push(frame),
    onPopFailed: (errors) => failed.push(errors[0]?.message ?? ''),
  });
  return { errands, frames, performed, failed };
}
const NO = /** @type {Outcome} */ ({ ok: false, errors: [{ code: 'X', message: 'no' }], timedOut: false });

test('the same pop told twice pops once', async () => {
  const { errands, frames, performed } = bench();
  const pop = { pop_id: 'p', call: { method: 'screenPop', args: {} } };
  await Promise.all([errands.pop(pop), errands.pop(pop)]);
  assert.deepEqual([performed, frames], [['screenPop'], [{ type: 'popped', pop_id: 'p' }]]);
});

test('a pop that fails is not tried again, and the agent hears why', async () => {
  const { errands, failed, performed } = bench(NO);
  await errands.pop({ pop_id: 'p', call: { method: 'searchAndScreenPop', args: {} } });
  await errands.pop({ pop_id: 'p', call: { method: 'searchAndScreenPop', args: {} } });
  assert.deepEqual([failed, performed.length], [['no'], 1]);
});

test('a read is answered with its value or its errors', async () => {
  const { errands, frames } = bench();
  await errands.ask({ ask_id: 'a', call: { method: 'runApex', args: {} } });
  assert.deepEqual(frames, [{ type: 'answer', ask_id: 'a', outcome: 'ok', value: 7 }]);
  const refused = bench(NO);
  await refused.errands.ask({ ask_id: 'a', call: { method: 'runApex', args: {} } });
  assert.deepEqual(refused.frames[0].errors, [{ code: 'X', message: 'no' }]);
});

test('what is no read is not performed as one', async () => {
  const { errands, frames, performed } = bench();
  await errands.ask({ ask_id: 'a', call: { method: 'saveLog', args: {} } });
  assert.deepEqual([performed, frames[0].outcome], [[], 'failed']);
});
