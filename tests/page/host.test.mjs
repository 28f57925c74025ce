/** The demo org answers its own softphone, once, and does what tests ask of it. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createHost } from '../../web/demo/host.js';
import { RECORDS } from '../../web/demo/records.js';
import { createTasks } from '../../web/demo/tasks.js';
import { memoryStore } from '../../web/softphone/stores.js';

/** @import {Org, Pop} from '../../web/demo/types.js' */

const SOFTPHONE = 'http://localhost:8080';

function bench() {
  /** @type {any[]} */
  const posted = [];
  const frame = /** @type {any} */ ({ postMessage: (/** @type {any} */ message, /** @type {string} */ target) => posted.push({ message, target }) });
  let dialable = false;
  let visible = false;
  /** @type {Pop[]} */
  const pops = [];
  const tasks = createTasks(memoryStore());
  /** @type {Org} */
  const org = {
    records: RECORDS, tasks, current: () => RECORDS[0] ?? null, pop: (pop) => void pops.push(pop), refresh: () => undefined,
    clickToDial: (on) => { dialable = on; },
    panel: { visible: () => visible, show: (on) => { visible = on; }, size: () => undefined, label: () => undefined, icon: () => undefined },
  };
  const host = createHost({ org, origin: () => SOFTPHONE, frame: () => frame, log: () => undefined });
  let callId = 0;
  const say = (/** @type {string} */ methodName, args = {}, { origin = SOFTPHONE, source = frame, ...rest } = {}) =>
    host.receive(/** @type {any} */ ({ origin, source, data: { methodName, callId: callId++, apiVersion: 57, apiType: 'opencti', isCallbackRegistered: true, isListenerRegistered: false, args, ...rest } }));
  return { host, org, say, posted, pops, tasks, dialable: () => dialable, last: () => posted.at(-1)?.message };
}

test('a reply goes to the softphone alone and repeats the number of the call', () => {
  const { say, posted, dialable } = bench();
  say('enableClickToDial');
  assert.equal(dialable(), true);
  assert.deepEqual(posted, [{ target: SOFTPHONE, message: { apiVersion: 57, apiType: 'opencti', methodName: 'enableClickToDial', callId: 0, shouldExecuteCallback: true, response: { success: true, returnValue: true, errors: null } } }]);
});

test('messages of third parties are ignored', () => {
  const { say, posted, dialable } = bench();
  say('enableClickToDial', {}, { origin: 'http://evil.example' });
  say('enableClickToDial', {}, { source: /** @type {any} */ ({}) });
  assert.deepEqual([posted.length, dialable()], [0, false]);
});

test('events reach a listener only, and bring the payload itself', () => {
  const { host, say, last } = bench();
  assert.equal(host.fire('onNavigationChange', { url: 'x' }), false);
  say('onNavigationChange', {}, /** @type {any} */ ({ isListenerRegistered: true, isCallbackRegistered: false }));
  assert.equal(host.fire('onNavigationChange', { url: 'x' }), true);
  assert.deepEqual(last(), { apiVersion: 57, apiType: 'opencti', methodName: 'onNavigationChange', shouldExecuteListener: true, response: { url: 'x' } });
});

test('fail() answers in the place of the deed, once', () => {
  const { host, say, tasks, last } = bench();
  host.fail('saveLog', { success: false, returnValue: null, errors: [] });
  say('saveLog', { object: { entityApiName: 'Task', Subject: 'a' } });
  assert.deepEqual([last().response.success, tasks.all().length], [false, 0]);
  say('saveLog', { object: { entityApiName: 'Task', Subject: 'a' } });
  assert.deepEqual([last().response.success, tasks.all().length], [true, 1]);
});

test('hold() keeps the reply and not the deed; release() sends it late', () => {
  const { host, say, tasks, posted } = bench();
  host.hold('saveLog');
  say('saveLog', { object: { entityApiName: 'Task', Subject: 'a' } });
  assert.deepEqual([posted.length, tasks.all().length], [0, 1]);
  assert.equal(host.release('saveLog'), 1);
  assert.deepEqual([posted.length, tasks.all().length], [1, 1]);
});

test('hold() before the deed keeps both', () => {
  const { host, say, tasks, posted } = bench();
  host.hold('saveLog', { before: true });
  say('saveLog', { object: { entityApiName: 'Task', Subject: 'a' } });
  assert.deepEqual([posted.length, tasks.all().length], [0, 0]);
  host.release('saveLog');
  assert.deepEqual([posted.length, tasks.all().length], [1, 1]);
});

test('the read-back finds a Task by the id of its call', () => {
  const { say, tasks, last } = bench();
  say('saveLog', { object: { entityApiName: 'Task', Subject: 'a', CallObject: 'call/1 &' } });
  say('runApex', { apexClass: 'SoftphoneCallLog', methodName: 'find', methodParams: `callObject=${encodeURIComponent('call/1 &')}` });
  assert.deepEqual(JSON.parse(last().response.returnValue.runApex), [tasks.all()[0]?.Id]);
});

test('Apex says who runs it, with the nonce of the question, where anybody said', () => {
  const ask = { apexClass: 'SoftphoneCallLog', methodName: 'whoAmI', methodParams: 'nonce=n%201' };
  const { say, org, last } = bench();
  say('runApex', ask);
  assert.equal(last().response.success, false);
  org.who = { org: '00D1', user: '0051' };
  say('runApex', ask);
  assert.deepEqual(JSON.parse(last().response.returnValue.runApex), { nonce: 'n 1', org: '00D1', user: '0051' });
});

test('one match pops, a deferred search only tells, two characters are too few', () => {
  const { say, pops, last } = bench();
  const args = { searchParams: '+12025559000', callType: 'inbound' };
  say('searchAndScreenPop', { ...args, deferred: true });
  assert.equal(pops.length, 0);
  assert.equal(last().response.returnValue.SCREEN_POP_DATA.type, 'sobject');
  say('searchAndScreenPop', args);
  assert.equal(pops.length, 1);
  say('searchAndScreenPop', { ...args, searchParams: '12' });
  assert.equal(last().response.errors[0].code, 'INVALID_PARAM');
});

test('the panel has limits, and pops need their parameters', () => {
  const { say, last } = bench();
  say('setSoftphonePanelHeight', { heightPX: 100 });
  assert.equal(last().response.success, false);
  say('screenPop', { type: 'sobject', params: {} });
  assert.equal(last().response.errors[0].code, 'INVALID_PARAM');
});

test('a reloaded softphone has no listeners', () => {
  const { host, say } = bench();
  say('onNavigationChange', {}, /** @type {any} */ ({ isListenerRegistered: true }));
  host.reset();
  assert.equal(host.fire('onNavigationChange', {}), false);
});
