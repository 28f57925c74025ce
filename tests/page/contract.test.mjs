/**
 * The contract with Salesforce's library (contract.json): the stand-in library, the demo org's host
 * and the page's own driver are all held to it, quirks included.
 */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import vm from 'node:vm';

import { METHODS } from '../../web/demo/methods.js';
import { lightningDriver } from '../../web/softphone/lightning.js';

const ORIGIN = 'https://acme.lightning.force.com';
const contract = JSON.parse(await readFile(new URL('contract.json', import.meta.url), 'utf8'));
const source = await readFile(new URL('../../web/demo/support/api/57.0/lightning/opencti_min.js', import.meta.url), 'utf8');

/** The library in a page of its own. @param {string} search */
function load(search = `?mode=Lightning&sfdcIframeOrigin=${ORIGIN}`) {
  /** @type {any[]} */
  const sent = [];
  /** @type {((event: any) => void)[]} */
  const ears = [];
  /** @type {any} */
  const window = {
    location: { search },
    parent: { postMessage: (/** @type {any} */ message, /** @type {string} */ target) => sent.push({ message: structuredClone(message), target }) },
    addEventListener: (/** @type {string} */ _type, /** @type {(event: any) => void} */ listener) => ears.push(listener),
  };
  /** @type {unknown} */
  let thrown;
  try {
    vm.runInNewContext(source, { window, URLSearchParams });
  } catch (error) {
    thrown = error;
  }
  const hear = (/** @type {object} */ data, origin = ORIGIN) => ears.forEach((ear) => ear({ origin, data: { ...contract.api, ...data } }));
  return { sent, hear, opencti: window.sforce.opencti, thrown };
}
/** @param {any} opencti @param {string} name @returns {(options: object) => void} */
const methodOf = (opencti, name) => (name.startsWith('hvs.') ? opencti.hvs[name.slice(4)] : opencti[name]);
/** What crosses a realm compares by its text. @param {unknown} value */
const plain = (value) => JSON.parse(JSON.stringify(value));

for (const { name, wire, given, args } of contract.methods) {
  test(`${name} travels as the contract says, and is answered once`, () => {
    const { sent, hear, opencti } = load();
    /** @type {any[]} */
    const replies = [];
    methodOf(opencti, name)({ ...given, callback: (/** @type {any} */ reply) => replies.push(reply) });
    const expected = { methodName: wire, callId: 0, ...contract.api, isCallbackRegistered: true, isListenerRegistered: false, args };
    assert.deepEqual(plain(sent), [{ message: expected, target: ORIGIN }]);
    const response = { success: true, returnValue: null, errors: null };
    const reply = { methodName: wire, callId: 0, shouldExecuteCallback: true, response };
    hear(reply, 'https://evil.example');
    hear({ ...reply, apiVersion: '57' });
    hear(reply);
    hear(reply);
    assert.deepEqual(replies, [response]);
  });
  test(`the demo org does ${wire}`, () => assert.equal(typeof METHODS[wire], 'function'));
}

for (const { name, wire, given, args, event, alwaysWithCallback = false } of contract.listeners) {
  test(`${name} registers as the contract says, and nothing is de-duplicated`, () => {
    const { sent, hear, opencti } = load();
    /** @type {any[]} */
    const told = [];
    for (let twice = 0; twice < 2; twice++) methodOf(opencti, name)({ ...given, listener: (/** @type {any} */ payload) => told.push(payload) });
    const [first, second] = plain(sent);
    assert.deepEqual(first.message, { methodName: wire, callId: 0, ...contract.api, isCallbackRegistered: alwaysWithCallback, isListenerRegistered: true, args });
    assert.equal(second.message.callId, 1);
    hear({ ...event, shouldExecuteListener: true, response: { a: 1 } });
    assert.deepEqual(told, [{ a: 1 }, { a: 1 }]);
  });
}

/** The library with a listener on a channel, and the org's answer to it. @param {object} response */
function subscribed(response) {
  const { sent, hear, opencti } = load();
  /** @type {any[]} */
  const told = [];
  /** @type {any[]} */
  const replies = [];
  opencti.subscribe({ channelName: 'A__c', listener: (/** @type {any} */ message) => told.push(message), callback: (/** @type {any} */ reply) => replies.push(reply) });
  hear({ methodName: 'subscribe', callId: 0, shouldExecuteCallback: true, response });
  const bring = (/** @type {object} */ message) => hear({ methodName: 'subscribe', eventName: 'A__c', shouldExecuteListener: true, response: message });
  return { sent, hear, opencti, told, reply: replies[0], bring };
}
const AGREED = { success: true, returnValue: true, errors: null, subscription: { id: 7 } };

test('unsubscribe throws without the subscription that subscribe has answered with, and forgets with it', () => {
  const { sent, opencti, told, reply, bring } = subscribed(AGREED);
  for (const options of [...contract.unsubscribe.throwsOn, { subscription: {} }]) assert.throws(() => opencti.unsubscribe(options));
  bring({ a: 1 });
  opencti.unsubscribe({ subscription: reply.subscription });
  bring({ a: 2 });
  assert.deepEqual(told, [{ a: 1 }]);
  assert.deepEqual(plain(sent[1].message), { methodName: contract.unsubscribe.wire, callId: 1, ...contract.api, isCallbackRegistered: false, isListenerRegistered: false, args: contract.unsubscribe.args });
  assert.equal(typeof METHODS[contract.unsubscribe.wire], 'function');
});

test('a subscription that the org refuses leaves no listener behind', () => {
  const { told, bring } = subscribed({ success: false, returnValue: null, errors: [{ code: 'SOFTPHONE_CONTAINER_ERROR', description: 'not yet' }] });
  bring({ a: 1 });
  assert.deepEqual(told, []);
});

test('the driver hands back the subscription that it was given', async () => {
  const { sent, hear, opencti } = load();
  const driver = lightningDriver(opencti);
  const joined = driver.subscribe('A__c', () => undefined);
  hear({ methodName: 'subscribe', callId: 0, shouldExecuteCallback: true, response: AGREED });
  const outcome = await joined;
  assert.deepEqual(outcome, { ok: true, value: AGREED.subscription });
  const left = driver.unsubscribe('A__c', outcome.ok && outcome.value);
  hear({ methodName: 'unsubscribe', callId: 1, shouldExecuteCallback: true, response: { success: true, returnValue: true, errors: null } });
  assert.deepEqual([(await left).ok, sent[1].message.methodName], [true, 'unsubscribe']);
});

test('some methods throw on an empty object, and take nothing or a callback', () => {
  for (const name of contract.throwsOnEmptyObject) {
    const { sent, opencti } = load();
    assert.throws(() => opencti[name]({}));
    opencti[name]();
    assert.deepEqual(plain(sent[0].message.args), {});
  }
});

test('without its parameters the library throws a string, is there all the same, and sends nothing', () => {
  for (const search of ['', '?mode=Lightning', `?sfdcIframeOrigin=${ORIGIN}`, '?mode=Lightning&sfdcIframeOrigin=https://force.com.evil.example']) {
    const { sent, opencti, thrown } = load(search);
    assert.equal(typeof thrown, 'string');
    opencti.enableClickToDial();
    opencti.saveLog({ value: {} });
    assert.deepEqual(sent, []);
  }
});

test('the names of pops and call types are those of the contract', () => {
  const { opencti } = load();
  assert.deepEqual(plain(opencti.SCREENPOP_TYPE), contract.screenPopTypes);
  assert.deepEqual(plain(opencti.CALL_TYPE), contract.callTypes);
});

for (const [name, { arguments: given, sends }] of Object.entries(contract.driver)) {
  test(`the driver's ${name} sends nothing that the contract does not know, and understands the answer`, async () => {
    const { sent, hear, opencti } = load();
    const driver = /** @type {any} */ (lightningDriver(opencti));
    const outcome = driver[name](...given);
    assert.deepEqual(sent.map(({ message }) => message.methodName), sends);
    for (const { message } of sent) {
      const known = contract.methods.find((/** @type {any} */ one) => one.wire === message.methodName);
      for (const key of Object.keys(plain(message.args))) assert.ok(key in known.args, `${message.methodName}.${key}`);
      const errors = { code: 'SERVER_ERROR', description: 'no', details: null };
      hear({ methodName: message.methodName, callId: message.callId, shouldExecuteCallback: true, response: { success: false, returnValue: null, errors } });
    }
    const answer = await outcome;
    // refreshView is told without a callback; reads of one value answer with nothing.
    if (name !== 'refresh' && typeof answer === 'object' && answer !== null) assert.equal(answer.errors[0].code, 'SERVER_ERROR');
  });
}
