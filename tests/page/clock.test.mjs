/** Times and durations as lists show them. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { formatDuration, formatWhen } from '../../web/softphone/clock.js';

test('a list shows the time of today, the day of this year, and the year of an earlier one', () => {
  const now = new Date(2027, 0, 2, 15, 0).getTime();
  const shown = [new Date(2027, 0, 2, 9, 5), new Date(2027, 0, 1, 9, 5), new Date(2026, 11, 31, 9, 5)]
    .map((day) => formatWhen(day.getTime(), now, 'en').replace(/\u202f/g, ' '));
  assert.deepEqual(shown, ['9:05 AM', 'Jan 1', '12/31/26']);
});

test('a duration has hours only if it is that long, and is never negative', () => {
  assert.deepEqual([-5, 7_000, 750_000, 3_723_000].map(formatDuration), ['0:00', '0:07', '12:30', '1:02:03']);
});
