/** The numbers of the record in view: asked for once a record, and never those of another one. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createModel } from '../../web/softphone/page.js';
import { createNumbersOf } from '../../web/softphone/recordnumbers.js';

const ADA = { id: '003x', name: 'Ada' };
const BOB = { id: '003y', name: 'Bob' };
const PHONE = { field: 'Phone', label: 'Phone', number: '+1 202 555 9000' };

function bench() {
  const model = createModel();
  /** @type {{[id: string]: (outcome: any) => void}} */
  const asked = {};
  let drawn = 0;
  const driver = { phonesOf: (/** @type {string} */ id) => new Promise((resolve) => { asked[id] = resolve; }) };
  const numbersOf = createNumbersOf(/** @type {any} */ (driver), /** @type {any} */ (model), () => { drawn += 1; });
  return { model: /** @type {any} */ (model), asked, numbersOf, drawn: () => drawn };
}

test('the numbers come with their record, and go with it', async () => {
  const { model, asked, numbersOf, drawn } = bench();
  const done = numbersOf(ADA);
  asked['003x']?.({ ok: true, value: [PHONE] });
  await done;
  assert.deepEqual([model.recordPhones, drawn()], [{ record: ADA, phones: [PHONE] }, 1]);
  await numbersOf(null);
  assert.equal(model.recordPhones, null);
});

test('answers about a record no longer in view are not shown', async () => {
  const { model, asked, numbersOf } = bench();
  const late = numbersOf(ADA);
  const soon = numbersOf(BOB);
  asked['003y']?.({ ok: true, value: [] });
  asked['003x']?.({ ok: true, value: [PHONE] });
  await Promise.all([late, soon]);
  assert.deepEqual(model.recordPhones, { record: BOB, phones: [] });
});

test('a refusal, or an odd answer, shows none; a surface that cannot tell is not asked', async () => {
  for (const outcome of [{ ok: false, errors: [], timedOut: false }, { ok: true, value: 'odd' }]) {
    const { model, asked, numbersOf } = bench();
    const done = numbersOf(ADA);
    asked['003x']?.(outcome);
    await done;
    assert.deepEqual(model.recordPhones.phones, []);
  }
  const model = /** @type {any} */ (createModel());
  await createNumbersOf({}, model, () => assert.fail('drawn'))(ADA);
  assert.equal(model.recordPhones, undefined);
});
