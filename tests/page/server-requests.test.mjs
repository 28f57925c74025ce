/** Pops happen at most once; reads are reads. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { NOTHING_NAMED } from '../../web/softphone/prefill.js';
import { createServerRequests } from '../../web/softphone/server-requests.js';

/** @import {Layout, Outcome} from '../../web/softphone/types.js' */

const POP = { type: 'sobject', params: { recordId: '003000000000001' } };
const GRACE = { id: '003000000000001', name: 'Grace' };

/** @param {Outcome<any>} outcome @param {{ringing?: boolean, layout?: Layout|null, callCenter?: {lookUp: string, pops: {[rule: string]: string}}|null}} [stage] */
function bench(outcome = { ok: true, value: { records: [GRACE], pop: POP } }, { ringing = true, layout = null, callCenter = null } = {}) {
  /** @type {Map<string, () => void>} */
  const offers = new Map();
  /** @type {any[]} */
  const frames = [];
  /** @type {string[]} */
  const performed = [];
  /** @type {string[]} */
  const failed = [];
  /** @param {string} name @returns {(...args: any[]) => Promise<any>} */
  const method = (name) => async () => {
    performed.push(name);
    return outcome;
  };
  const errands = createServerRequests({
    driver: { perform: method('perform'), search: method('search'), pop: method('pop'), popFound: method('popFound'), showPanel: method('showPanel') },
    send: (frame) => frames.push(frame),
    isRinging: () => ringing,
    layout: () => layout,
    callCenter: () => callCenter && { prefill: NOTHING_NAMED, ...callCenter },
    callerOf: (callId, number) => ({ number, called_number: '+12025550100', call_id: callId, name: '' }),
    onOffer: (callId, run) => offers.set(callId, run),
    onPopFailed: (errors) => failed.push(errors[0]?.message ?? ''),
  });
  return { errands, frames, performed, failed, offers };
}
const NO = /** @type {Outcome<any>} */ ({ ok: false, errors: [{ code: 'X', message: 'no' }], timedOut: false });
const CALL = { method: 'searchAndScreenPop', args: { searchParams: '+12025550101', callType: 'inbound', deferred: true } };

test('the same pop told twice comes up, searches and pops once', async () => {
  const { errands, frames, performed } = bench();
  const pop = { pop_id: 'p', call: CALL };
  await Promise.all([errands.pop(pop), errands.pop(pop)]);
  assert.deepEqual(performed, ['showPanel', 'search', 'popFound']);
  assert.deepEqual(frames, [{ type: 'matches', call_id: 'p', records: [GRACE] }, { type: 'popped', pop_id: 'p' }]);
});

test('a call that has stopped ringing when the answer arrives is reported but not popped', async () => {
  const { errands, frames, performed } = bench(undefined, { ringing: false });
  await errands.pop({ pop_id: 'p', call: CALL });
  assert.deepEqual([performed, frames.map(({ type }) => type)], [['showPanel', 'search'], ['matches']]);
});

test('a dialog for a new record never covers a ringing call', async () => {
  for (const type of ['newRecord', 'NEW_RECORD_MODAL']) {
    const { errands, performed, offers } = bench({ ok: true, value: { records: [], pop: { type, params: {} } } });
    await errands.pop({ pop_id: 'p', call: CALL });
    assert.deepEqual(performed, ['showPanel', 'search']);
    offers.get('p')?.();
    assert.deepEqual(performed, ['showPanel', 'search', 'popFound']);
  }
});

test('nothing is searched for a withheld or tiny number, or where the layout has no objects', async () => {
  const withheld = bench();
  await withheld.errands.pop({ pop_id: 'p', call: null });
  await withheld.errands.pop({ pop_id: 'q', call: { ...CALL, args: { ...CALL.args, searchParams: '22' } } });
  assert.deepEqual(withheld.performed, ['showPanel', 'showPanel']);
  const barred = bench(undefined, { layout: { Inbound: { objects: {} }, Outbound: { objects: { Contact: [] } } } });
  await barred.errands.pop({ pop_id: 'p', call: CALL });
  assert.deepEqual(barred.performed, ['showPanel']);
  await barred.errands.identify('c', '+12025550101');
  assert.deepEqual(barred.frames, [{ type: 'matches', call_id: 'c', records: [GRACE] }]);
});

test('the admin\'s pop rule overrides the layout', async () => {
  const { errands, performed } = bench(undefined, { callCenter: { lookUp: '', pops: { one: 'search' } } });
  await errands.pop({ pop_id: 'p', call: CALL });
  assert.deepEqual(performed, ['showPanel', 'search', 'pop']);
  const silent = bench(undefined, { callCenter: { lookUp: '', pops: { one: 'none' } } });
  await silent.errands.pop({ pop_id: 'p', call: CALL });
  assert.deepEqual(silent.performed, ['showPanel', 'search']);
});

test('an Apex class of the org finds the caller instead of the search', async () => {
  const callCenter = { lookUp: 'Callers.find', pops: {} };
  const { errands, frames, performed } = bench({ ok: true, value: { runApex: '[{"Id":"003000000000001","Name":"Grace"}]' } }, { callCenter });
  await errands.pop({ pop_id: 'p', call: CALL });
  assert.deepEqual(performed, ['showPanel', 'perform', 'pop']);
  assert.deepEqual(frames[0].records, [{ ...GRACE, object_type: '' }]);
  const rubbish = bench({ ok: true, value: { runApex: 'oops', records: [GRACE], pop: null } }, { callCenter });
  await rubbish.errands.pop({ pop_id: 'p', call: CALL });
  assert.deepEqual(rubbish.performed, ['showPanel', 'perform', 'search', 'pop']);
});

test('at most ten matches are told', async () => {
  const { errands, frames } = bench({ ok: true, value: { records: Array.from({ length: 25 }, () => GRACE), pop: null } });
  await errands.pop({ pop_id: 'p', call: CALL });
  assert.equal(frames[0].records.length, 10);
});

test('a failed search is not retried, and the agent is told why', async () => {
  const { errands, failed, performed } = bench(NO);
  await errands.pop({ pop_id: 'p', call: CALL });
  await errands.pop({ pop_id: 'p', call: CALL });
  assert.deepEqual([failed, performed], [['no'], ['showPanel', 'search']]);
});

test('a read is answered with its value or its errors', async () => {
  const { errands, frames } = bench({ ok: true, value: 7 });
  await errands.ask({ ask_id: 'a', call: { method: 'runApex', args: {} } });
  assert.deepEqual(frames, [{ type: 'answer', ask_id: 'a', outcome: 'ok', value: 7 }]);
  const refused = bench(NO);
  await refused.errands.ask({ ask_id: 'a', call: { method: 'runApex', args: {} } });
  assert.deepEqual(refused.frames[0].errors, [{ code: 'X', message: 'no' }]);
});

test('only a read is performed as one', async () => {
  const { errands, frames, performed } = bench();
  await errands.ask({ ask_id: 'a', call: { method: 'saveLog', args: {} } });
  assert.deepEqual([performed, frames[0].outcome], [[], 'failed']);
});
