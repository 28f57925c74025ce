/** What Salesforce refuses for the moment is asked again; what it refuses for good is not. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createPatience, patientDriver } from '../../web/softphone/patience.js';

/** @import {Driver, Outcome} from '../../web/softphone/types.js' */

/** @param {string} code @returns {Outcome<any>} */
const refusal = (code) => ({ ok: false, errors: [{ code, message: code }], timedOut: code === 'TIMEOUT' });
const DONE = /** @type {Outcome<any>} */ ({ ok: true, value: 1 });

/** A driver that refuses each method so often with that code. @param {string} code @param {number} [times] */
function bench(code, times = 1) {
  /** @type {Map<string, number>} */
  const asked = new Map();
  /** @type {number[]} */
  const waits = [];
  const plain = /** @type {any} */ (new Proxy({}, {
    ownKeys: () => [], get: (_, name) => async () => {
      asked.set(String(name), (asked.get(String(name)) ?? 0) + 1);
      return (asked.get(String(name)) ?? 0) > times ? DONE : refusal(code);
    },
  }));
  const driver = patientDriver(/** @type {Driver} */ (plain), (run, ms) => {
    waits.push(ms);
    setImmediate(run);
  });
  return { driver, asked, waits };
}

/** @type {{[name: string]: (driver: Driver) => Promise<Outcome<any>>}} */
const START_UP = {
  ready: (driver) => driver.ready(),
  settings: (driver) => driver.settings(),
  layout: (driver) => driver.layout(),
  recordInView: (driver) => driver.recordInView(),
  subscribe: (driver) => driver.subscribe('A__c', () => undefined),
  look: (driver) => driver.look('Phone', 'call'),
  size: (driver) => driver.size(550, null),
  showPanel: (driver) => driver.showPanel(),
};
for (const [name, call] of Object.entries(START_UP)) {
  test(`${name} that is refused once because the container is not ready is asked again`, async () => {
    const { driver, asked, waits } = bench('SOFTPHONE_CONTAINER_ERROR');
    assert.deepEqual([await call(driver), asked.get(name), waits], [DONE, 2, [250]]);
  });
}

test('retries become rarer and end', async () => {
  const { driver, waits } = bench('SOFTPHONE_CONTAINER_ERROR', 99);
  assert.equal((await driver.settings()).ok, false);
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000]);
});

test('a permanent refusal is not retried', async () => {
  const { driver, asked } = bench('INVALID_PARAM');
  assert.equal((await driver.settings()).ok, false);
  assert.equal(asked.get('settings'), 1);
});

test('silence is not a refusal of an action that must not be repeated', async () => {
  const { driver, asked } = bench('TIMEOUT');
  await driver.completeWork('w', {});
  await driver.subscribe('A__c', () => undefined);
  await driver.layout();
  assert.deepEqual(Object.fromEntries(asked), { completeWork: 1, subscribe: 1, layout: 2 });
});

test('an old label is not set again once there is a newer one', async () => {
  /** @type {(() => void)[]} */
  const later = [];
  const ask = createPatience((run) => later.push(run));
  let refuse = true;
  /** @type {string[]} */
  const set = [];
  const label = (/** @type {string} */ text) => ask('label', async () => (refuse ? refusal('SOFTPHONE_CONTAINER_ERROR') : (set.push(text), DONE)));
  const first = label('ringing');
  await new Promise(setImmediate);
  refuse = false;
  await label('idle');
  later.forEach((run) => run());
  await first;
  assert.deepEqual(set, ['idle']);
});
