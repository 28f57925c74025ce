/** Parts that are loaded late: on first use, and not again at once if that fails. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createLazy } from '../../web/softphone/lazy.js';

/** @import {Model} from '../../web/softphone/types.js' */

const model = /** @type {Model} */ ({});
const drawn = () => /** @type {any} */ ({ append() {}, replaceWith() {} });
Object.assign(globalThis, { document: { createElement: drawn } });

test('a part that cannot be loaded is requested again after a while, however often the panel is drawn', async (context) => {
  const warned = context.mock.method(console, 'warn', () => {});
  let now = 1_000;
  let requests = 0;
  let isThere = false;
  let updates = 0;
  const part = createLazy(() => true, async () => {
    requests++;
    if (!isThere) throw new TypeError('404');
    return { element: drawn(), update: () => void updates++ };
  }, () => now);
  for (let turn = 0; turn < 5; turn++) await part.update(model);
  assert.deepEqual([requests, warned.mock.callCount()], [1, 1]);
  isThere = true;
  now += 14_999;
  await part.update(model);
  assert.equal(requests, 1);
  now += 1;
  await part.update(model);
  await part.update(model);
  assert.deepEqual([requests, updates], [2, 2]);
});
