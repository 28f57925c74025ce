/** What is offered in a call: what the provider can, as the call is. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { offeredOf, turnedOn } from '../../web/softphone/controls.js';
import { actionsOf } from '../../web/softphone/third.js';
import { call, wrapup } from './views.mjs';

/** @import {Third} from '../../web/softphone/types.js' */

const ALL = ['mute', 'hold', 'digits', 'transfer', 'record', 'pause_recording', 'hang_up'];
const CAN = Object.fromEntries(ALL.map((name) => [name, true]));
/** @param {Third['state']} state @returns {Third} */
const third = (state) => ({ number: '204', display: '204', since: 0, state });

test('a button takes back what the server says is on', () => {
  assert.deepEqual([...turnedOn(call())], []);
  assert.deepEqual([...turnedOn(call({ held: true, muted: true }))], ['hold', 'mute']);
  assert.deepEqual([...turnedOn(call({ recording: 'on' }))], ['record']);
  assert.deepEqual([...turnedOn(call({ recording: 'paused' }))], ['record', 'pause_recording']);
  assert.deepEqual([...turnedOn(wrapup())], []);
});

test('only what is recorded can be paused, where the agent starts it', () => {
  assert.equal(offeredOf(ALL, call(), CAN).includes('pause_recording'), false);
  assert.equal(offeredOf(ALL, call({ recording: 'on' }), CAN).includes('pause_recording'), true);
  assert.equal(offeredOf(ALL, call(), { ...CAN, record: false }).includes('pause_recording'), true);
});

test('hold and transfer wait until the third has left', () => {
  assert.deepEqual(offeredOf(ALL, call({ third: third('talking') }), CAN), ['mute', 'digits', 'record', 'hang_up']);
  assert.deepEqual(offeredOf(ALL, call({ third: null }), { hold: true }), ['hold']);
  assert.deepEqual(offeredOf(ALL, wrapup(), { hold: true }), ['hold']);
});

test('a third party can be dropped while ringing; a conference needs the provider\'s support', () => {
  assert.deepEqual(actionsOf(third('ringing'), { conference: true }), ['cancel']);
  assert.deepEqual(actionsOf(third('waiting'), {}), ['swap', 'complete', 'cancel']);
  assert.deepEqual(actionsOf(third('talking'), { conference: true }), ['swap', 'merge', 'complete', 'cancel']);
  assert.deepEqual(actionsOf(third('joined'), { conference: true }), ['complete', 'cancel']);
});
