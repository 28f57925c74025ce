/** Templates of notes: where they go in. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { insert } from '../../web/softphone/templates.js';

/** @param {string} value @param {number} at */
function notes(value, at) {
  /** @type {any} */
  const box = { value, selectionStart: at, selectionEnd: at };
  box.setRangeText = (/** @type {string} */ text, /** @type {number} */ start, /** @type {number} */ end) => {
    box.value = box.value.slice(0, start) + text + box.value.slice(end);
  };
  return box;
}

test('a template begins a line of its own, wherever the caret is', () => {
  const [empty, full, ended] = [notes('', 0), notes('Called.', 7), notes('Called.\n', 8)];
  for (const box of [empty, full, ended]) insert(box, 'Left a voicemail.');
  assert.deepEqual([empty.value, full.value, ended.value], ['Left a voicemail.', 'Called.\nLeft a voicemail.', 'Called.\nLeft a voicemail.']);
});
