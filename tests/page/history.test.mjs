/** The latest calls are asked for when there are others, and only then. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createHistory } from '../../web/softphone/history.js';
import { call, view, wrapup } from './views.mjs';

/** @import {RecentRow} from '../../web/softphone/types.js' */

/** @type {RecentRow} */
const ROW = { call_id: 'c1', direction: 'inbound', number: '+1', display: '+1', name: '', record: null, started_at: 0, talk_seconds: null, outcome: 'Missed' };

/** @param {(RecentRow[]|null)[]} answers */
function following(...answers) {
  /** @type {string[]} */
  const asked = [];
  /** @type {RecentRow[][]} */
  const told = [];
  const follow = createHistory('https://org', (rows) => told.push(rows), async (origin) => {
    asked.push(origin);
    return answers.shift() ?? null;
  });
  return { asked, told, follow };
}

test('a view that tells of no other calls asks nothing', async () => {
  const { asked, told, follow } = following([ROW], [ROW]);
  await follow(view());
  await follow(view({ version: 2, state: 'idle' }));
  assert.deepEqual([asked, told], [['https://org'], [[ROW]]]);
});

test('a call that is over, a record that is picked and a wrap-up that ends are asked about', async () => {
  const { asked, follow } = following([], [], [], [], []);
  await follow(view({ calls: [call()] }));
  await follow(view({ wrapups: [wrapup()] }));
  await follow(view({ wrapups: [wrapup({ record: { id: '003', name: 'Ada', object_type: 'Contact' } })] }));
  await follow(view());
  assert.equal(asked.length, 4);
});

test('a question that failed is asked again with the next view', async () => {
  const { told, follow } = following(null, [ROW]);
  await follow(view());
  await follow(view({ version: 2 }));
  assert.deepEqual(told, [[ROW]]);
});

test('an answer that came late tells nothing', async () => {
  const { told, follow } = following([ROW], []);
  await Promise.all([follow(view()), follow(view({ calls: [call()] }))]);
  assert.deepEqual(told, [[]]);
});
