/** The reason against a number, before anybody clicks. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { checkNumber } from '../../web/softphone/check.js';

/** @type {import('../../web/softphone/types.js').Translate} */
const t = (key) => key;

/** @param {import('node:test').TestContext} context @param {string[]} typed */
async function told(context, typed) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const words = [];
  const judge = checkNumber(t, (text) => words.push(text), async (number) => {
    asked.push(number);
    return { ok: false, code: 'refused-premium', text: `no ${number}` };
  });
  for (const text of typed) judge(text);
  context.mock.timers.tick(400);
  await Promise.resolve();
  await Promise.resolve();
  return { asked, words };
}

test('only what was typed last is asked about, once', async (context) => {
  const { asked, words } = await told(context, ['+12', '+120', '+1202', '+1202']);
  assert.deepEqual(asked, ['+1202']);
  assert.equal(words.at(-1), 'no +1202');
});

test('a name and two digits are not asked about', async (context) => {
  assert.deepEqual((await told(context, ['Ada', '20'])).asked, []);
});
