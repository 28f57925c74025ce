/** The Classic driver: positional arguments, replies in one shape, never an exception. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { classicDriver } from '../../web/softphone/classic.js';

/** @param {{[method: string]: (...args: any[]) => unknown}} answers what each method replies */
function fake(answers = {}) {
  /** @type {any[][]} */
  const calls = [];
  /** @param {string} method */
  const method = (method) => (/** @type {any[]} */ ...all) => {
    const at = all.findIndex((one) => typeof one === 'function');
    const args = all.filter((one) => typeof one !== 'function');
    calls.push([method, ...args]);
    const reply = (answers[method] ?? (() => ({ result: true })))(...args);
    if (at >= 0 && reply !== undefined) all[at](reply);
  };
  const proxy = () => new Proxy({}, { get: (_target, name) => method(String(name)) });
  const cti = proxy();
  const interaction = new Proxy({}, { get: (_target, name) => (name === 'cti' ? cti : method(String(name))) });
  return { driver: classicDriver(interaction), calls, interaction };
}

const PAGE = { url: '/003x', objectId: '003x', objectName: 'Grace', object: 'Contact', displayName: 'Contact' };

test('the two switches and the questions call what the guide names', async () => {
  const { driver, calls } = fake();
  assert.deepEqual(await driver.enable(), { ok: true, value: true });
  assert.deepEqual(await driver.disable(), { ok: true, value: true });
  assert.equal((await driver.probe()).ok, true);
  await driver.size(500, 300);
  await driver.ready();
  assert.deepEqual(calls, [['enableClickToDial'], ['disableClickToDial'], ['isInConsole'], ['setSoftphoneWidth', 300], ['setSoftphoneHeight', 500], ['notifyInitializationComplete']]);
});

test('a result of false is a failure, a question answered with no is not', async () => {
  const { driver } = fake({ enableClickToDial: () => ({ result: false }), isInConsole: () => ({ result: false }) });
  assert.deepEqual(await driver.enable(), { ok: false, errors: [{ code: 'GENERIC_ERROR', message: '' }], timedOut: false });
  assert.deepEqual(await driver.probe(), { ok: true, value: false });
});

test('a click carries the number and the record of its JSON; rubbish is a click without a number', () => {
  const replies = [{ result: JSON.stringify({ ...PAGE, number: 2025550101 }) }, { result: '{rubbish' }, undefined];
  /** @type {any[]} */
  const heard = [];
  const cti = { onClickToDial: (/** @type {(reply: any) => void} */ listener) => replies.forEach((reply) => listener(reply)) };
  classicDriver({ cti }).onClick(({ number, record }) => heard.push([number, record]));
  assert.deepEqual(heard, [['2025550101', { id: '003x', name: 'Grace', object_type: 'Contact' }], ['', null], ['', null]]);
});

test('the record in view comes from getPageInfo and from onFocus', async () => {
  const { driver } = fake({ getPageInfo: () => ({ result: JSON.stringify(PAGE) }), onFocus: () => ({ result: JSON.stringify({ url: '/home', objectId: '' }) }) });
  const inView = await driver.recordInView();
  assert.equal(inView.ok && inView.value?.id, '003x');
  /** @type {any[]} */
  const seen = [];
  driver.onNavigation((record) => seen.push(record));
  assert.deepEqual(seen, [null]);
});

test('a save is an object name and a query string; its id comes back as Lightning would say it', async () => {
  const { driver, calls } = fake({ saveLog: () => ({ result: true, id: '00T1' }) });
  /** @type {any[]} */
  const outcomes = [];
  driver.saveLog({ entityApiName: 'Task', Subject: 'A & B = C', CallDurationInSeconds: 0 }, (outcome) => outcomes.push(outcome));
  driver.saveLog({ Id: '00T1', WhatId: null, Description: 'ü\n+' }, (outcome) => outcomes.push(outcome));
  assert.deepEqual(calls, [
    ['saveLog', 'Task', 'Subject=A%20%26%20B%20%3D%20C&CallDurationInSeconds=0'],
    ['saveLog', 'Task', 'Id=00T1&WhatId=&Description=%C3%BC%0A%2B'],
  ]);
  assert.deepEqual(outcomes, Array(2).fill({ ok: true, value: { recordId: '00T1' } }));
});

test('the id of a saved Task may stand in result, and an update may name none', () => {
  const id = '00T000000000001AAA';
  const { driver } = fake({ saveLog: (_object, /** @type {string} */ params) => ({ result: params.startsWith('Id=') ? true : id }) });
  driver.saveLog({ entityApiName: 'Task' }, (outcome) => assert.deepEqual(outcome, { ok: true, value: { recordId: id } }));
  driver.saveLog({ Id: id, Subject: 'x' }, (outcome) => assert.deepEqual(outcome, { ok: true, value: { recordId: id } }));
});

test('an error keeps its words, and the status code in them tells what lasts', () => {
  const told = 'FIELD_INTEGRITY_EXCEPTION: Related To must be blank';
  const { driver } = fake({ saveLog: () => ({ result: false, error: told }) });
  driver.saveLog({}, (outcome) => assert.deepEqual(outcome, { ok: false, errors: [{ code: 'FIELD_INTEGRITY_EXCEPTION', message: told }], timedOut: false }));
});

test('outside the console a refresh touches the activity lists alone, and the panel is not shown', async () => {
  const { driver, calls } = fake({ isInConsole: () => ({ result: false }), refreshRelatedList: () => ({ result: false }) });
  assert.equal((await driver.refresh()).ok, true);
  assert.equal((await driver.showPanel()).ok, true);
  assert.deepEqual(calls, [['isInConsole'], ['refreshRelatedList', 'Activity'], ['refreshRelatedList', 'History']]);
});

test('in the console the page is refreshed and the panel shown', async () => {
  const { driver, calls } = fake();
  await driver.refresh();
  await driver.showPanel();
  assert.deepEqual(calls, [['isInConsole'], ['refreshPage'], ['setVisible', true]]);
});

test('each screen pop is a relative address; what has none is refused without a call', async () => {
  const { driver, calls } = fake();
  await driver.pop('SOBJECT', { recordId: '003x' });
  await driver.pop('OBJECTHOME', { scope: 'Case' });
  await driver.pop('SEARCH', { searchString: 'Grace' });
  await driver.popFound({ url: '/001y' });
  assert.deepEqual(calls, [['screenPop', '/003x', true], ['screenPop', '/500/o', true], ['screenPop', '/search/SearchResults?searchType=2&str=Grace', true], ['screenPop', '/001y', true]]);
  for (const url of ['https://evil.example/', '//evil.example', '/\\evil.example', undefined]) {
    const outcome = await driver.pop('URL', { url });
    assert.equal(!outcome.ok && outcome.errors[0]?.code, 'UNSUPPORTED');
  }
  assert.equal(calls.length, 4);
});

test('a search tells the records that it found and the address to pop', async () => {
  const found = { '001x': { Name: 'Mei', object: 'Account', personAccount: true, contactId: '003y' }, screenPopUrl: '/001x' };
  const { driver, calls } = fake({ searchAndGetScreenPopUrl: () => ({ result: JSON.stringify(found) }) });
  const outcome = await driver.search({ searchParams: '2025550101', queryParams: '', callType: 'inbound', deferred: true });
  assert.deepEqual(outcome, { ok: true, value: { records: [{ id: '001x', name: 'Mei', object_type: 'Account', contact_id: '003y', person_account: true }], rows: { '001x': found['001x'] }, pop: { url: '/001x' } } });
  assert.deepEqual(calls, [['searchAndGetScreenPopUrl', '2025550101', '', 'inbound']]);
});

test('reads that the server asks for by their Lightning names are answered; others are unsupported', async () => {
  const { driver, calls } = fake({
    runApex: () => ({ result: '["00T1"]' }), getCallCenterSettings: () => ({ result: '{"/a/b":"c"}' }), getSoftphoneLayout: () => ({ result: '{"Inbound":{}}' }),
    getPageInfo: () => ({ result: '{"url":"/"}' }), isVisible: () => ({ result: false }),
  });
  assert.deepEqual(await driver.perform('runApex', { apexClass: 'C', methodName: 'm', methodParams: 'a=1' }), { ok: true, value: { runApex: '["00T1"]' } });
  assert.deepEqual(calls, [['runApex', 'C', 'm', 'a=1']]);
  assert.deepEqual(await driver.perform('getCallCenterSettings', {}), { ok: true, value: { '/a/b': 'c' } });
  assert.deepEqual(await driver.settings(), { ok: true, value: { '/a/b': 'c' } });
  assert.deepEqual(await driver.layout(), { ok: true, value: { Inbound: {} } });
  assert.deepEqual(await driver.perform('getAppViewInfo', {}), { ok: true, value: { url: '/' } });
  assert.deepEqual(await driver.perform('isSoftphonePanelVisible', {}), { ok: true, value: false });
  for (const outcome of [await driver.perform('nothing', {}), await driver.completeWork('w', {}), await driver.publish('c', {})]) {
    assert.equal(!outcome.ok && outcome.errors[0]?.code, 'UNSUPPORTED');
  }
});

test('a directory that goes on beyond what is read says so', async () => {
  let asked = 0;
  const { driver } = fake({
    getDirectoryNumbers: () => ({ result: JSON.stringify({ directoryNumbers: [{ name: `N${asked++}`, phone: 5 }], hasNext: true }) }),
  });
  const { entries, isWhole } = (await driver.directory?.()) ?? {};
  assert.deepEqual([entries?.length, isWhole], [5, false]);
});

test('the directory is read page by page, its callback in the middle', async () => {
  const { driver, calls } = fake({
    getDirectoryNumbers: (_global, _name, /** @type {number} */ page) => ({ result: JSON.stringify({ directoryNumbers: [{ name: `N${page}`, phone: 5 }, { name: 'no number' }], hasNext: page === 0 }) }),
  });
  assert.deepEqual(await driver.directory?.(), { isWhole: true, entries: [{ name: 'N0', number: '5', description: '' }, { name: 'N1', number: '5', description: '' }] });
  assert.deepEqual(calls, [['getDirectoryNumbers', false, '', 0, 1000], ['getDirectoryNumbers', false, '', 1, 1000]]);
});

test('a library that throws is an answer, whichever method throws', async () => {
  const broken = new Proxy({}, { get: (_target, name) => (name === 'cti' ? broken : () => { throw new Error('broken'); }) });
  const driver = classicDriver(broken);
  for (const outcome of [await driver.enable(), await driver.probe(), await driver.ready(), await driver.perform('runApex', {})]) {
    assert.deepEqual(outcome, { ok: false, errors: [{ code: 'LIBRARY_ERROR', message: 'broken' }], timedOut: false });
  }
  driver.saveLog({}, (outcome) => assert.equal(outcome.ok, false));
  assert.deepEqual(await driver.directory?.(), { entries: [], isWhole: false });
});

test('a library that never answers is given up after its time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = fake({ isInConsole: () => undefined }).driver.probe();
  t.mock.timers.tick(6_000);
  assert.deepEqual(await asked, { ok: false, errors: [{ code: 'TIMEOUT', message: '' }], timedOut: true });
});
