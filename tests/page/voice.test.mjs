/** The page beside Salesforce's own phone: what it hears of the page around it, and what it may ask. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { readParameters } from '../../web/softphone/parameters.js';
import { voiceDriver } from '../../web/softphone/voice.js';

const ORIGIN = 'https://acme.lightning.force.com';
const RECORD = '003000000000001AAA';

function bench() {
  /** @type {any[]} */
  const posted = [];
  /** @type {((event: any) => void)[]} */
  const listeners = [];
  const parent = { postMessage: (/** @type {any} */ data, /** @type {string} */ origin) => posted.push([data, origin]) };
  /** @type {any} */
  const page = { parent, addEventListener: (/** @type {string} */ _type, /** @type {any} */ listener) => listeners.push(listener) };
  const driver = voiceDriver(ORIGIN, page);
  const say = (/** @type {any} */ data, { source = parent, origin = ORIGIN } = /** @type {any} */ ({})) => listeners.forEach((listener) => listener({ source, origin, data }));
  return { driver, posted, say };
}

const VIEWED = { softphone: 'viewed', recordId: RECORD, objectType: 'Contact' };

test('the record that is looked at is told by the page around it and by nobody else', async () => {
  const { driver, posted, say } = bench();
  assert.deepEqual(posted, [[{ softphone: 'hello' }, ORIGIN]]);
  /** @type {any[]} */
  const seen = [];
  driver.onNavigation((record) => seen.push(record?.id ?? null));
  say(VIEWED, { origin: 'https://evil.example' });
  say(VIEWED, { source: {} });
  say({ softphone: 'other' });
  say(null);
  say(VIEWED);
  say({ ...VIEWED, recordId: '' });
  assert.deepEqual(seen, [RECORD, null]);
  const looked = await driver.recordInView();
  assert.deepEqual(looked, { ok: true, value: null });
});

test('a record may be opened; nothing else is asked of Salesforce, and nothing is saved', async () => {
  const { driver, posted } = bench();
  await driver.pop('SOBJECT', { recordId: RECORD });
  await driver.popFound({ type: 'SOBJECT', params: { recordId: RECORD } });
  assert.deepEqual(posted.slice(1), Array(2).fill([{ softphone: 'open', recordId: RECORD }, ORIGIN]));
  const refused = [await driver.pop('FLOW', {}), await driver.search({}), await driver.perform('runApex', {}), await driver.completeWork('x', {})];
  assert.ok(refused.every((outcome) => !outcome.ok && outcome.errors[0]?.code === 'UNSUPPORTED'));
  const saved = await new Promise((resolve) => driver.saveLog({}, resolve));
  assert.equal(saved.ok, false);
  assert.deepEqual([await driver.probe(), (await driver.settings()).ok], [{ ok: true, value: null }, true]);
  driver.onClick(() => undefined);
  driver.onWork(() => undefined);
});

test('its address says that it is in a Voice Extension', () => {
  const verdict = readParameters(`?mode=voice&sfdcIframeOrigin=${ORIGIN}`, false);
  assert.deepEqual(verdict, { ok: true, value: { origin: ORIGIN, surface: 'voice' } });
});
