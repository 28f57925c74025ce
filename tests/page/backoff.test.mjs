/** Pages that lost their server together do not come back together. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { reconnectDelay } from '../../web/softphone/backoff.js';

test('the ceiling doubles from half a second and ends at twenty', () => {
  const ceilings = [0, 1, 2, 5, 6, 500].map((failures) => reconnectDelay(failures, () => 1));
  assert.deepEqual(ceilings, [500, 1_000, 2_000, 16_000, 20_000, 20_000]);
});

test('the wait is anywhere between nothing and the ceiling', () => {
  assert.equal(reconnectDelay(3, () => 0), 0);
  assert.equal(reconnectDelay(3, () => 0.25), 1_000);
});
