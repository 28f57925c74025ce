/** Click-to-dial ends where it was last wanted, with one call in flight at a time. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createToggle } from '../../web/softphone/toggle.js';

/** @import {Outcome} from '../../web/softphone/types.js' */

const OK = /** @type {Outcome} */ ({ ok: true, value: null });
const NO = /** @type {Outcome} */ ({ ok: false, errors: [{ code: 'SOFTPHONE_CONTAINER_ERROR', message: 'not yet' }], timedOut: false });
const settled = () => new Promise((resolve) => setImmediate(resolve));

function bench() {
  /** @type {string[]} */
  const calls = [];
  /** @type {((outcome: Outcome) => void)[]} */
  const answers = [];
  /** @type {boolean[]} */
  const changes = [];
  /** @type {number[]} */
  const waits = [];
  const ask = (/** @type {string} */ name) => () => {
    calls.push(name);
    return new Promise((/** @type {(outcome: Outcome) => void} */ resolve) => void answers.push(resolve));
  };
  const toggle = createToggle({
    enable: ask('enable'), disable: ask('disable'), onChange: (on) => changes.push(on), onError: () => undefined,
    later: (run, ms) => { waits.push(ms); run(); },
  });
  return { calls, changes, waits, toggle, answer: async (/** @type {Outcome} */ outcome) => { answers.shift()?.(outcome); await settled(); } };
}

test('the first wish is sent even if it is off: the tab may remember an earlier page', async () => {
  const { calls, changes, toggle, answer } = bench();
  toggle.want(false);
  await answer(OK);
  assert.deepEqual([calls, changes], [['disable'], [false]]);
});

test('while one call is in flight none is sent; then only the latest state is', async () => {
  const { calls, changes, toggle, answer } = bench();
  toggle.want(true);
  toggle.want(false);
  toggle.want(true);
  toggle.want(false);
  assert.deepEqual(calls, ['enable']);
  await answer(OK);
  assert.deepEqual(calls, ['enable', 'disable']);
  await answer(OK);
  assert.deepEqual(changes, [true, false]);
});

test('a state that is already set is not sent again', async () => {
  const { calls, toggle, answer } = bench();
  toggle.want(true);
  await answer(OK);
  toggle.want(true);
  await settled();
  assert.deepEqual(calls, ['enable']);
});

test('failures are retried with growing waits', async () => {
  const { calls, changes, waits, toggle, answer } = bench();
  toggle.want(true);
  await answer(NO);
  await answer(NO);
  await answer(OK);
  assert.deepEqual(calls, ['enable', 'enable', 'enable']);
  assert.deepEqual(waits, [1_000, 2_000]);
  assert.deepEqual(changes, [true]);
});
