/** The org is told how the phone looks when that changes, and not otherwise. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createUtilityItem, heightOf } from '../../web/softphone/utility-item.js';
import { call, view, wrapup } from './views.mjs';

/** @import {Model, Outcome} from '../../web/softphone/types.js' */

/** @param {Partial<Model>} parts */
const model = (parts) => /** @type {Model} */ ({ stage: 'live', view: view(), ...parts });

test('label, icon and height follow the state, each once', () => {
  /** @type {any[]} */
  const told = [];
  const ok = /** @type {Outcome} */ ({ ok: true, value: null });
  const now = model({});
  const needed = 480;
  const look = createUtilityItem({
    look: async (label, icon) => { told.push([label, icon]); return ok; },
    size: async (height, width) => { told.push([height, width]); return ok; },
  }, now, (key) => key, () => needed);
  look.follow();
  look.follow();
  now.view = view({ state: 'ringing-inbound', calls: [call({ state: 'ringing-inbound', direction: 'inbound' })] });
  look.follow();
  assert.deepEqual(told, [['item.idle', 'call'], [550, null], ['item.ringing-inbound', 'incoming_call'], [480, null]]);
});

test('a call gets the height that its card needs, within what Salesforce allows', () => {
  const talking = model({ view: view({ state: 'bridged', calls: [call()] }) });
  assert.deepEqual([100, 623.4, 2_000].map((needed) => heightOf(talking, needed)), [240, 624, 800]);
});

test('a list scrolls in the usual height, and what the admin has set is the least', () => {
  assert.equal(heightOf(model({}), 1_500), 550);
  assert.equal(heightOf(model({ height: 700 }), 300), 700);
});

test('within a state the panel only grows', () => {
  /** @type {(number|null)[]} */
  const heights = [];
  const ok = /** @type {Outcome} */ ({ ok: true, value: null });
  let needed = 400;
  const now = model({ view: view({ state: 'wrapup', wrapups: [wrapup()] }) });
  const item = createUtilityItem({ look: async () => ok, size: async (height) => { heights.push(height); return ok; } }, now, (key) => key, () => needed);
  for (const next of [400, 640, 500]) {
    needed = next;
    item.follow();
  }
  now.view = view();
  item.follow();
  assert.deepEqual(heights, [400, 640, 550]);
});
