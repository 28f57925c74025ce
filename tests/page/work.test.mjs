/** Sales Engagement's work finds the click that is for it, by the digits. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createWorks } from '../../web/softphone/work.js';

const work = (/** @type {string} */ workId, /** @type {string} */ to) => ({ workId, to, completeWhen: 'TaskSaved' });

test('work is matched by number in any spelling, once', () => {
  const works = createWorks();
  works.started(work('w1', '+1 (202) 555-9000'));
  works.started(work('w2', '202-555-0121'));
  assert.deepEqual([works.take('+12025559000'), works.take('+12025559000'), works.take('(202) 555-0121')], ['w1', '', 'w2']);
});

test('other numbers, and work without a number or an id, are no match', () => {
  const works = createWorks();
  works.started(work('w1', ''));
  works.started(work('', '+12025559000'));
  assert.deepEqual([works.take(''), works.take('+12025559000')], ['', '']);
});

test('the number of kept items is limited', () => {
  const works = createWorks();
  for (let index = 0; index < 40; index++) works.started(work(`w${index}`, `+1202555${String(index).padStart(4, '0')}`));
  assert.deepEqual([works.take('+12025550000'), works.take('+12025550039')], ['', 'w39']);
});
