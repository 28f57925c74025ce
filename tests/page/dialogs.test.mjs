/** Dialogs of Salesforce's that the agent opens. */

import { strict as assert } from 'node:assert';
import test from 'node:test';

import { createDialogs } from '../../web/softphone/dialogs.js';

/** @import {CtiError, Outcome} from '../../web/softphone/types.js' */

/** @type {Outcome} */
const REFUSED = { ok: false, errors: [{ code: 'GENERIC_ERROR', message: 'No.' }], timedOut: false };
/** @type {Outcome} */
const OPENED = { ok: true, value: null };

/** @param {{outcome: Outcome}} salesforce what it answers */
function stage(salesforce) {
  const clock = { now: 0 };
  /** @type {CtiError[][]} */
  const failed = [];
  const asked = { times: 0 };
  const open = createDialogs((errors) => void failed.push(errors), () => clock.now);
  const press = () => open(async () => (asked.times++, salesforce.outcome));
  return { clock, failed, asked, press };
}

test('a double click opens one dialog, whether or not Salesforce has answered in between', async () => {
  const { clock, asked, press } = stage({ outcome: OPENED });
  assert.deepEqual(await Promise.all([press(), press()]), [true, false]);
  clock.now = 999;
  assert.equal(await press(), false);
  clock.now = 1_000;
  assert.equal(await press(), true);
  assert.equal(asked.times, 2);
});

test('a dialog that did not open is told, and may be opened again at once', async () => {
  /** @type {{outcome: Outcome}} */
  const salesforce = { outcome: REFUSED };
  const { failed, press } = stage(salesforce);
  assert.equal(await press(), false);
  assert.deepEqual(failed, [[{ code: 'GENERIC_ERROR', message: 'No.' }]]);
  salesforce.outcome = OPENED;
  assert.equal(await press(), true);
});
