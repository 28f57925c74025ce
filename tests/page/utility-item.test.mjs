/** The org is told how the phone looks when that changes, and not otherwise. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createUtilityItem, heightOf } from '../../web/softphone/utility-item.js';
import { call, view } from './views.mjs';

/** @import {Model, Outcome} from '../../web/softphone/types.js' */

/** @param {Partial<Model>} parts */
const model = (parts) => /** @type {Model} */ ({ stage: 'live', view: view(), ...parts });

test('label, icon and height follow the state, each once', () => {
  /** @type {any[]} */
  const told = [];
  const ok = /** @type {Outcome} */ ({ ok: true, value: null });
  const now = model({});
  const look = createUtilityItem({
    look: async (label, icon) => { told.push([label, icon]); return ok; },
    size: async (height, width) => { told.push([height, width]); return ok; },
  }, now, (key) => key);
  look.follow();
  look.follow();
  now.view = view({ state: 'ringing-inbound', calls: [call({ state: 'ringing-inbound', direction: 'inbound' })] });
  look.follow();
  assert.deepEqual(told, [['item.idle', 'call'], [550, null], ['item.ringing-inbound', 'incoming_call'], [480, null]]);
});

test('more cards need more room, within what Salesforce allows', () => {
  const calls = Array.from({ length: 9 }, (_, index) => call({ call_id: `c${index}` }));
  const heights = [1, 2, 9].map((count) => heightOf(model({ view: view({ state: 'bridged', calls: calls.slice(0, count) }) })));
  assert.deepEqual(heights, [580, 740, 800]);
});
