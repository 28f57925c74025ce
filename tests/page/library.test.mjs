/** The demo org's stand-in library has the wire and the quirks of the real one. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const SOURCE = readFileSync(new URL('../../web/demo/support/api/57.0/lightning/opencti_min.js', import.meta.url), 'utf8');
const ORG = 'http://127.0.0.1:8081';
const GOOD = `?mode=Lightning&sfdcIframeOrigin=${encodeURIComponent(ORG)}`;

function load(search = GOOD) {
  /** @type {any[]} */
  const sent = [];
  /** @type {((event: any) => void)[]} */
  const ears = [];
  /** @type {any} */
  const window = {
    location: { search },
    parent: { postMessage: (/** @type {any} */ message, /** @type {string} */ target) => sent.push({ message: structuredClone(message), target }) },
    addEventListener: (/** @type {string} */ _type, /** @type {(event: any) => void} */ ear) => ears.push(ear),
  };
  /** @type {unknown} */
  let thrown;
  try {
    vm.runInNewContext(SOURCE, { window, URLSearchParams });
  } catch (error) {
    thrown = error;
  }
  const hear = (/** @type {object} */ data, origin = ORG) => {
    for (const ear of ears) ear({ origin, data: { apiVersion: 57, apiType: 'opencti', ...data } });
  };
  return { opencti: window.sforce?.opencti, sent, thrown, hear, messages: () => sent.map(({ message }) => message) };
}

test('calls are numbered from 0, addressed to the org and carry the API of 57', () => {
  const { opencti, sent } = load();
  opencti.enableClickToDial({ callback() {} });
  opencti.getAppViewInfo();
  assert.deepEqual(sent, [
    { target: ORG, message: { methodName: 'enableClickToDial', callId: 0, apiVersion: 57, apiType: 'opencti', isCallbackRegistered: true, isListenerRegistered: false, args: {} } },
    { target: ORG, message: { methodName: 'getAppViewInfo', callId: 1, apiVersion: 57, apiType: 'opencti', isCallbackRegistered: false, isListenerRegistered: false, args: {} } },
  ]);
});

test('the arguments of each method travel as the wire has them', () => {
  const { opencti, messages } = load();
  opencti.saveLog({ value: { entityApiName: 'Task' } });
  opencti.screenPop({ type: opencti.SCREENPOP_TYPE.SOBJECT, params: { recordId: 'r' }, defaultFieldValues: { a: 1 } });
  opencti.searchAndScreenPop({ searchParams: 's', callType: opencti.CALL_TYPE.INBOUND, queryParams: '', defaultFieldValues: {}, deferred: true });
  opencti.setSoftphonePanelHeight({ heightPX: 500 });
  opencti.runApex({ apexClass: 'C', methodName: 'm', methodParams: 'p=1' });
  opencti.hvs.completeWork({ workId: 'w', attributes: { taskId: 't' } });
  opencti.subscribe({ channelName: 'c', listener() {} });
  opencti.publish({ channelName: 'c', message: { x: 1 } });
  assert.deepEqual(messages().map(({ methodName, args }) => [methodName, args]), [
    ['saveLog', { object: { entityApiName: 'Task' } }],
    ['screenPop', { type: 'sobject', params: { recordId: 'r' } }],
    ['searchAndScreenPop', { searchParams: 's', callType: 'inbound', queryParams: '', defaultFieldValues: {}, deferred: true, params: undefined }],
    ['setSoftphonePanelHeight', { heightPX: 500 }],
    ['runApex', { apexClass: 'C', methodName: 'm', methodParams: 'p=1' }],
    ['completeWork', { workId: 'w', attributes: { taskId: 't' } }],
    ['subscribe', { eventName: 'c', subscription: {} }],
    ['publish', { eventName: 'c', message: { x: 1 } }],
  ]);
});

test('a string is thrown for bad parameters, the object exists all the same and drops every call', () => {
  for (const search of ['', '?mode=Lightning', `?sfdcIframeOrigin=${ORG}`, '?mode=L&sfdcIframeOrigin=https://evil.example']) {
    const { opencti, sent, thrown } = load(search);
    assert.equal(typeof thrown, 'string', search);
    opencti.enableClickToDial({ callback: () => assert.fail('nobody answers') });
    assert.equal(sent.length, 0);
  }
});

test('enableClickToDial, disableClickToDial and refreshView take nothing, or an object with a callback', () => {
  const { opencti, sent } = load();
  for (const name of ['enableClickToDial', 'disableClickToDial', 'refreshView']) {
    assert.throws(() => opencti[name]({}));
    opencti[name]();
    opencti[name]({ callback() {} });
  }
  assert.equal(sent.length, 6);
});

test('a callback hears one object, once, from the org alone and in API 57 alone', () => {
  const { opencti, hear } = load();
  /** @type {any[]} */
  const heard = [];
  opencti.saveLog({ value: {}, callback: (/** @type {any[]} */ ...all) => heard.push(all) });
  const reply = { methodName: 'saveLog', callId: 0, shouldExecuteCallback: true, response: { success: true } };
  hear(reply, 'http://127.0.0.1:9999');
  hear({ ...reply, apiVersion: '57' });
  hear({ ...reply, apiType: 'other' });
  assert.equal(heard.length, 0);
  hear(reply);
  hear(reply);
  assert.deepEqual(heard, [[{ success: true }]]);
});

test('a listener that is registered twice hears each click twice', () => {
  const { opencti, hear } = load();
  let clicks = 0;
  const listener = () => clicks++;
  opencti.onClickToDial({ listener });
  opencti.onClickToDial({ listener });
  hear({ methodName: 'onClickToDial', shouldExecuteListener: true, response: { number: '1' } });
  assert.equal(clicks, 2);
});
