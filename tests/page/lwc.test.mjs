/** The driver for our own host, with the host itself at the other end of the port. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createHostApi } from '../../web/softphone/hostport.js';
import { lwcDriver } from '../../web/softphone/lwc.js';
import { popOf } from '../../web/softphone/pops.js';
import { NOTHING_NAMED, callerOf } from '../../web/softphone/prefill.js';

const HOST = new URL('../../salesforce/host/force-app/main/default/lwc/softphoneHost/', import.meta.url).href;
const [{ createHost, referenceOf }, { createWire }] = await Promise.all(['host.js', 'wire.js'].map((file) => import(HOST + file)));

const SOFTPHONE = 'https://softphone.example.com';
const ADA = { recordId: '003x', recordName: 'Ada', objectType: 'Contact', accountId: '001x' };

/** Driver, port, wire, host; what Salesforce is asked is noted. @param {any} [apex] @param {any} [more] */
async function bench(apex = {}, more = {}) {
  /** @type {any[]} */
  const asked = [];
  const note = (/** @type {string} */ name, /** @type {unknown} */ value = null) => async (/** @type {any} */ given) => {
    asked.push([name, given]);
    return value;
  };
  /** @type {any} */
  let port;
  const frame = { postMessage: (/** @type {any} */ _data, /** @type {string} */ _origin, /** @type {any[]} */ [one]) => { port = one; } };
  /** @type {any[]} */
  const published = [];
  const host = createHost(createWire, {
    frame: () => frame, origin: SOFTPHONE,
    utility: { open: note('open'), getInfo: note('getInfo', { utilityVisible: true }), updatePanel: note('updatePanel'), updateUtility: note('updateUtility') },
    apex: { findCallers: note('findCallers', []), recordOf: note('recordOf', ADA), phonesOf: note('phonesOf', []), settings: note('settings', { '/softphone/popOne': 'record' }), ask: note('ask', '[]'), saveCall: note('saveCall', { recordId: '00T1' }), ...apex },
    navigate: note('navigate'), refresh: note('refresh'), encodeDefaultFieldValues: (/** @type {object} */ values) => JSON.stringify(values),
    publish: (/** @type {any} */ message) => published.push(message), ...more,
  });
  host.receive({ source: frame, origin: SOFTPHONE, data: { softphone: 'hello', nonce: 'a'.repeat(32) } });
  return { host, driver: lwcDriver(createHostApi(port)), asked, published, close: () => host.close() };
}

test('a message channel that is gone does not keep the port open', async () => {
  let isGone = false;
  const { host, driver } = await bench({}, { publish: () => { if (isGone) throw new Error('released'); } });
  await driver.probe();
  isGone = true;
  assert.throws(() => host.close(), /released/);
  const late = await Promise.race([driver.probe(), new Promise((resolve) => setTimeout(() => resolve('closed'), 50))]);
  assert.equal(late, 'closed');
});

test('each load of the page is told to the component', async () => {
  let loads = 0;
  const { close } = await bench({}, { onPage: () => { loads += 1; } });
  assert.equal(loads, 1);
  close();
});

/** @param {any} driver @param {object} value @returns {Promise<any>} */
const save = (driver, value) => new Promise((resolve) => driver.saveLog(value, resolve));

test('every method of a driver is there, and is answered', async () => {
  const { driver, asked, close } = await bench();
  const done = [await driver.probe(), await driver.showPanel(), await driver.look('On a call', 'unmuted'), await driver.size(600, null), await driver.ready(), await driver.layout()];
  assert.ok(done.every(({ ok }) => ok));
  assert.deepEqual(asked, [['open', { autoFocus: true }], ['updateUtility', { label: 'On a call', icon: 'unmuted' }], ['updatePanel', { label: 'On a call', icon: 'unmuted' }], ['updatePanel', { height: 600 }]]);
  assert.deepEqual(await driver.settings(), { ok: true, value: { '/softphone/popOne': 'record' } });
  assert.deepEqual(await driver.perform('runApex', { apexClass: 'A', methodName: 'b', methodParams: 'c=d' }), { ok: true, value: { runApex: '[]' } });
  assert.deepEqual(asked.at(-1), ['ask', { method: 'A.b', params: 'c=d' }]);
  driver.onWork(() => undefined);
  for (const outcome of [await driver.completeWork('w', {}), await driver.perform('anything', {}), await driver.publish('Other__c', {}), await driver.pop('SEARCH', { searchString: 'x' })]) {
    assert.ok(!outcome.ok && outcome.errors[0]?.code === 'UNSUPPORTED');
  }
  close();
});

test('components learn whether click-to-dial is on, and a click counts only then', async () => {
  const { host, driver, published, close } = await bench();
  /** @type {any[]} */
  const clicks = [];
  driver.onClick((click) => clicks.push(click));
  host.heard({ kind: 'click', number: '1', ...ADA });
  await driver.enable();
  host.heard({ kind: 'click', number: '+1 202 555 9000', ...ADA });
  host.heard({ kind: 'ask' });
  await driver.disable();
  host.heard({ kind: 'click', number: '2' });
  await driver.probe();
  assert.deepEqual(clicks.map(({ number, record }) => [number, record.name]), [['+1 202 555 9000', 'Ada']]);
  assert.deepEqual(published.map(({ enabled }) => enabled), [false, true, true, false]);
  close();
  assert.equal(published.at(-1).enabled, false);
});

test('a save names its call and number; Apex\'s no is told by field, its silence not at all', async () => {
  const refused = { errors: [{ statusCode: 'REQUIRED', message: 'Say more', fields: [{ name: 'Subject', label: 'Subject' }] }, { statusCode: 'RULE', message: 'Not today', fields: [] }] };
  const answers = [{ recordId: '00T1' }, refused, { errors: [] }];
  /** @type {any[]} */
  const given = [];
  const { driver, asked, close } = await bench({ saveCall: async (/** @type {any} */ args) => (given.push(args), answers.shift()) });
  const value = { callId: 'c1', attempt: 1, recordId: null, fields: { Subject: 'Call', WhoId: '003x', WhatId: null } };
  assert.deepEqual(await save(driver, value), { ok: true, value: { recordId: '00T1' } });
  assert.deepEqual(given[0], { callId: 'c1', attempt: 1, recordId: null, fields: JSON.stringify(value.fields) });
  await driver.refresh();
  assert.deepEqual(asked.at(-1), ['refresh', ['003x', '00T1']]);
  const no = await save(driver, value);
  assert.deepEqual([no.ok, no.errors[0].code, no.errors[0].message], [false, 'REQUIRED', 'Say more']);
  assert.deepEqual(no.errors[0].details, {
    fieldErrors: { Subject: [{ statusCode: 'REQUIRED', message: 'Say more', fieldLabel: 'Subject', columnApiName: 'Subject' }] },
    pageErrors: [{ statusCode: 'RULE', message: 'Not today' }],
  });
  assert.equal((await save(driver, value)).errors[0].code, 'SERVER_ERROR');
  close();
});

test('none, one and several callers: one is popped by its record, several are the panel\'s', async () => {
  const found = [[], [ADA], [ADA, { ...ADA, recordId: '003y' }]];
  const { driver, asked, close } = await bench({ findCallers: async () => found.shift() });
  const looked = [];
  for (let i = 0; i < 3; i++) looked.push(await driver.search({ searchParams: '+12025559000' }));
  assert.deepEqual(looked.map((one) => one.ok && [one.value.records.length, one.value.pop !== null]), [[0, false], [1, true], [2, false]]);
  const one = looked[1];
  assert.ok(one?.ok);
  assert.deepEqual(one.value.records[0], { id: '003x', name: 'Ada', object_type: 'Contact', account_id: '001x' });
  await driver.popFound(one.value.pop);
  assert.deepEqual(asked.at(-1), ['navigate', { type: 'standard__recordPage', attributes: { recordId: '003x', actionName: 'view' } }]);
  close();
});

test('where the agent is, is told as it changes and when it is asked for', async () => {
  const { host, driver, close } = await bench({ recordOf: async (/** @type {any} */ { recordId }) => (recordId === '003z' ? Promise.reject(new Error('not yours')) : ADA) });
  /** @type {any[]} */
  const seen = [];
  driver.onNavigation((record) => seen.push(record?.id ?? null));
  await host.viewed({ type: 'standard__recordPage', attributes: { recordId: '003x' } });
  assert.deepEqual(await driver.recordInView(), { ok: true, value: { id: '003x', name: 'Ada', object_type: 'Contact', account_id: '001x' } });
  await host.viewed({ type: 'standard__recordPage', attributes: { recordId: '003z' } });
  await host.viewed({ type: 'standard__namedPage', attributes: { pageName: 'home' } });
  await host.viewed(undefined);
  assert.deepEqual(await driver.recordInView(), { ok: true, value: null });
  assert.deepEqual(seen, ['003x', '003z', null, null]);
  close();
});

test('a record that arrives late does not replace the one in view', async () => {
  /** @type {{[id: string]: (record: any) => void}} */
  const asked = {};
  const { host, driver, close } = await bench({ recordOf: (/** @type {any} */ { recordId }) => new Promise((resolve) => { asked[recordId] = resolve; }) });
  const first = host.viewed({ type: 'standard__recordPage', attributes: { recordId: '003x' } });
  const second = host.viewed({ type: 'standard__recordPage', attributes: { recordId: '003y' } });
  asked['003y']?.({ ...ADA, recordId: '003y' });
  asked['003x']?.(ADA);
  await Promise.all([first, second]);
  const outcome = await driver.recordInView();
  assert.ok(outcome.ok && outcome.value?.id === '003y');
  close();
});

test('requests to call and reports of calls use our own channel', async () => {
  const { host, driver, published, close } = await bench();
  /** @type {any[]} */
  const wishes = [];
  host.heard({ kind: 'dial', number: '1' });
  await driver.subscribe('SoftphoneHost__c', (message) => wishes.push(message.number));
  host.heard({ kind: 'dial', number: '2' });
  await driver.publish('SoftphoneHost__c', { kind: 'state' });
  await driver.unsubscribe('SoftphoneHost__c', null);
  host.heard({ kind: 'dial', number: '3' });
  host.heard(null);
  await driver.probe();
  assert.deepEqual([wishes, published.at(-1)], [['2'], { kind: 'state' }]);
  close();
});

test('each pop is a Lightning page, or is reported as unsupported', () => {
  const encode = (/** @type {object} */ values) => JSON.stringify(values);
  const refer = (/** @type {string} */ type, /** @type {object} */ params) => referenceOf(type, params, encode);
  assert.equal(refer('URL', { url: '/x' }).attributes.url, '/x');
  assert.equal(refer('OBJECTHOME', { scope: 'Account' }).attributes.actionName, 'home');
  assert.deepEqual(refer('LIST', { scope: 'Account', listViewId: '00B' }).state, { filterName: '00B' });
  assert.equal(refer('LIST', { listViewId: '00B' }), null);
  assert.equal(refer('NEW_RECORD_MODAL', { entityName: 'Lead', defaultFieldValues: { Phone: '1' } }).state.defaultFieldValues, '{"Phone":"1"}');
  const flow = popOf('flow:Pop', { caller: callerOf(undefined, 'call-1', '+1202'), records: [], prefill: NOTHING_NAMED });
  assert.deepEqual(refer('FLOW', flow?.params ?? {}).state, { flow__number: '+1202' });
  assert.deepEqual(refer('FLOW', { flowDevName: 'Pop' }).state, {});
  assert.equal(refer('SEARCH', { searchString: 'x' }), null);
});
