/** A page shows the newest view that it has seen. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createClock, formatDuration } from '../../web/softphone/clock.js';
import { foreground, isNewer } from '../../web/softphone/view.js';
import { call, view, wrapup } from './views.mjs';

test('an older version of the same epoch is dropped, a newer one taken', () => {
  const shown = view({ epoch: 'a', version: 7 });
  assert.equal(isNewer(shown, view({ epoch: 'a', version: 6 })), false);
  assert.equal(isNewer(shown, view({ epoch: 'a', version: 8 })), true);
});

test('the same version again is taken: what a view says beside the agent may have changed', () => {
  assert.equal(isNewer(view({ version: 7 }), view({ version: 7 })), true);
});

test('another epoch always wins, whatever its version', () => {
  assert.equal(isNewer(view({ epoch: 'a', version: 900 }), view({ epoch: 'b', version: 1 })), true);
  assert.equal(isNewer(null, view({ version: 0 })), true);
});

test('the state is that of the foreground call', () => {
  const talking = call({ call_id: 'talk', state: 'bridged' });
  const ringing = call({ call_id: 'ring', state: 'ringing-inbound' });
  assert.equal(foreground(view({ state: 'bridged', calls: [ringing, talking] })), talking);
  const over = wrapup({ call_id: 'over' });
  assert.equal(foreground(view({ state: 'wrapup', wrapups: [over] })), over);
  assert.equal(foreground(view({})), undefined);
});

test('timers run by the server clock, however wrong the own one is', () => {
  let own = 5_000;
  const clock = createClock(() => own);
  clock.set(1_000_000);
  own += 2_500;
  assert.equal(clock.now(), 1_002_500);
});

test('durations read as a clock does, and never below zero', () => {
  assert.equal(formatDuration(-4_000), '0:00');
  assert.equal(formatDuration(7_999), '0:07');
  assert.equal(formatDuration(750_000), '12:30');
  assert.equal(formatDuration(3_723_000), '1:02:03');
});
