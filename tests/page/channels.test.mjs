/** The message channel: each change is told once, only well-formed wishes dial. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createChannels } from '../../web/softphone/channels.js';
import { call, view } from './views.mjs';

function bench() {
  /** @type {any[]} */
  const done = [];
  /** @type {((message: any) => void)[]} */
  const listeners = [];
  const ok = /** @type {import('../../web/softphone/types.js').Outcome} */ ({ ok: true, value: null });
  const channels = createChannels({
    publish: async (channel, message) => { done.push(['publish', channel, message]); return ok; },
    subscribe: async (channel, listener) => { done.push(['subscribe', channel]); listeners.push(listener); return ok; },
    unsubscribe: async (channel) => { done.push(['unsubscribe', channel]); return ok; },
  }, (number, record) => done.push(['dial', number, record?.id ?? null]));
  return { channels, done, say: (/** @type {any} */ message) => listeners.forEach((listener) => listener(message)) };
}

test('the state of the call is published when it changes, and not otherwise', () => {
  const { channels, done } = bench();
  const talking = view({ state: 'bridged', calls: [call({ record: { id: '003000000000001' } })] });
  channels.tell('', talking);
  channels.tell('Phone__c', talking);
  channels.tell('Phone__c', { ...talking, version: 2 });
  channels.tell('Phone__c', view());
  assert.deepEqual(done, [
    ['publish', 'Phone__c', { type: 'state', state: 'bridged', callId: 'call-1', direction: 'outbound', number: '+12025550101', recordId: '003000000000001' }],
    ['publish', 'Phone__c', { type: 'state', state: 'idle', callId: '', direction: '', number: '', recordId: '' }],
  ]);
});

test('a wish to dial is heard once, whatever else is said is not', () => {
  const { channels, done, say } = bench();
  channels.listen('');
  channels.listen('Dial__c');
  channels.listen('Dial__c');
  for (const rubbish of [null, 'dial', { type: 'dial' }, { type: 'dial', number: 7 }, { type: 'dial', number: 'x'.repeat(256) }, { type: 'hang', number: '1' }]) say(rubbish);
  say({ type: 'dial', number: '+12025550101', recordId: '003000000000001' });
  assert.deepEqual(done, [['subscribe', 'Dial__c'], ['dial', '+12025550101', '003000000000001']]);
});

test('who has signed out is deaf, and hears once after signing in again', () => {
  const { channels, done, say } = bench();
  channels.listen('Dial__c');
  channels.stop();
  say({ type: 'dial', number: '1001' });
  channels.listen('Dial__c');
  say({ type: 'dial', number: '1002' });
  assert.deepEqual(done, [['subscribe', 'Dial__c'], ['unsubscribe', 'Dial__c'], ['subscribe', 'Dial__c'], ['dial', '1002', null]]);
});
