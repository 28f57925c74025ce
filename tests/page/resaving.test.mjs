/** A row of the tray that was decided about waits for the outcome, and not for ever. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createModel } from '../../web/softphone/page.js';
import { createResaving } from '../../web/softphone/resaving.js';
import { view } from './views.mjs';

/** @import {Model, TrayRow} from '../../web/softphone/types.js' */

/** @param {string} log_id @returns {TrayRow} */
const row = (log_id) => ({
  log_id, call_id: log_id, number: '', display: '', direction: 'outbound', record: null, started_at: 0, talk_seconds: 1,
  outcome: '', reason: 'refused', errors: [], record_ids: [], actions: ['save_again', 'dismiss'], draft: {},
});

/** A tray with rows a and b, and a clock that is set by hand. */
function bench() {
  let at = 0;
  /** @type {Model} */
  const model = { ...createModel(), stage: 'live', view: view({ tray: [row('a'), row('b')] }) };
  const resaving = createResaving(() => at);
  const shown = () => resaving.rows(model).map(({ log_id }) => log_id);
  shown();
  return {
    model, resaving, shown,
    /** @param {number} ms */
    pass: (ms) => void (at += ms),
    /** @param {string[]} ids */
    tray: (...ids) => void (model.view = view({ tray: ids.map(row) })),
  };
}

test('a log that is saved again keeps its row, in its place, until it is settled', () => {
  const { model, resaving, shown, tray, pass } = bench();
  resaving.wait(row('a'), true, model);
  assert.deepEqual([resaving.isWaiting('a'), resaving.isSaving('a'), resaving.isWaiting('b')], [true, true, false]);
  tray('b');
  assert.deepEqual(shown(), ['a', 'b']);
  model.settled = { log_id: 'a' };
  assert.deepEqual(shown(), ['a', 'b'], 'the view may still tell that it was refused again');
  pass(1_000);
  assert.deepEqual(shown(), ['b']);
  assert.equal(resaving.isWaiting('a'), false);
});

test('a row that is refused again may be pressed again', () => {
  const { model, resaving, shown, tray } = bench();
  resaving.wait(row('a'), true, model);
  tray('b');
  shown();
  tray('b', 'a');
  assert.deepEqual(shown(), ['a', 'b']);
  assert.equal(resaving.isWaiting('a'), false);
});

test('the outcome of an earlier attempt ends nothing', () => {
  const { model, resaving, shown, tray, pass } = bench();
  model.settled = { log_id: 'a' };
  resaving.wait(row('a'), true, model);
  tray('b');
  shown();
  model.settled = { log_id: 'b' };
  shown();
  pass(1_000);
  assert.deepEqual(shown(), ['a', 'b']);
});

test('a row that is dismissed goes with its log', () => {
  const { model, resaving, shown, tray } = bench();
  resaving.wait(row('a'), false, model);
  assert.deepEqual([shown().length, resaving.isWaiting('a'), resaving.isSaving('a')], [2, true, false]);
  tray('b');
  assert.deepEqual(shown(), ['b']);
});

test('a row stops waiting without an answer or a connection', () => {
  for (const goes of ['nothing comes', 'no outcome comes', 'the connection is lost']) {
    const { model, resaving, shown, tray, pass } = bench();
    resaving.wait(row('a'), true, model);
    if (goes === 'no outcome comes') tray('b');
    shown();
    if (goes === 'the connection is lost') model.stage = 'offline';
    else pass(goes === 'no outcome comes' ? 29_999 : 7_999);
    assert.equal((shown(), resaving.isWaiting('a')), model.stage === 'live', goes);
    pass(1);
    shown();
    assert.equal(resaving.isWaiting('a'), false, goes);
  }
});
