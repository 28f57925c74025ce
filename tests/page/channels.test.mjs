/** The message channel: each change is told once, only well-formed wishes dial. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createChannels } from '../../web/softphone/channels.js';
import { call, view } from './views.mjs';

/** @import {Outcome} from '../../web/softphone/types.js' */

const OK = /** @type {Outcome} */ ({ ok: true, value: null });
const NO = /** @type {Outcome} */ ({ ok: false, errors: [{ code: 'GENERIC_ERROR', message: 'no' }], timedOut: false });
const settled = () => new Promise(setImmediate);

/** As the library: it forgets a listener by the subscription of its own answer, and not otherwise. */
function bench() {
  /** @type {any[]} */
  const done = [];
  /** @type {Map<object, (message: any) => void>} */
  const ears = new Map();
  const stage = { refuses: false };
  const channels = createChannels({
    publish: async (channel, message) => { done.push(['publish', channel, message]); return OK; },
    async subscribe(channel, listener) {
      done.push(['subscribe', channel]);
      if (stage.refuses) return NO;
      const subscription = { channel };
      ears.set(subscription, listener);
      return { ok: true, value: subscription };
    },
    async unsubscribe(channel, subscription) {
      done.push(['unsubscribe', channel]);
      if (stage.refuses || !ears.delete(/** @type {object} */ (subscription))) return NO;
      return OK;
    },
  }, (number, record) => done.push(['dial', number, record?.id ?? null]));
  return { channels, done, stage, ears, say: (/** @type {any} */ message) => [...ears.values()].forEach((ear) => ear(message)) };
}

test('the state of the call is published when it changes, and not otherwise', () => {
  const { channels, done } = bench();
  const talking = view({ state: 'bridged', calls: [call({ record: { id: '003000000000001' } })] });
  channels.tell('', talking);
  channels.tell('Phone__c', talking);
  channels.tell('Phone__c', { ...talking, version: 2 });
  channels.tell('Phone__c', view());
  assert.deepEqual(done, [
    ['publish', 'Phone__c', { kind: 'state', type: 'state', state: 'bridged', callId: 'call-1', direction: 'outbound', number: '+12025550101', calledNumber: '', params: '', recordId: '003000000000001', recordName: '', objectType: '' }],
    ['publish', 'Phone__c', { kind: 'state', type: 'state', state: 'idle', callId: '', direction: '', number: '', calledNumber: '', params: '', recordId: '', recordName: '', objectType: '' }],
  ]);
});

test('a request to dial counts once, and other messages are ignored', async () => {
  const { channels, done, say } = bench();
  channels.listen('');
  channels.listen('Dial__c');
  channels.listen('Dial__c');
  await settled();
  for (const rubbish of [null, 'dial', { kind: 'dial' }, { kind: 'dial', number: 7 }, { kind: 'dial', number: 'x'.repeat(256) }, { kind: 'hang', number: '1' }]) say(rubbish);
  say({ kind: 'dial', number: '+12025550101', recordId: '003000000000001' });
  say({ type: 'dial', number: '+12025550102' });
  assert.deepEqual(done, [['subscribe', 'Dial__c'], ['dial', '+12025550101', '003000000000001'], ['dial', '+12025550102', null]]);
});

test('after a sign-out messages are ignored, and after a sign-in each counts once', async () => {
  const { channels, done, say } = bench();
  channels.listen('Dial__c');
  await settled();
  channels.stop();
  say({ kind: 'dial', number: '1001' });
  await settled();
  channels.listen('Dial__c');
  await settled();
  say({ kind: 'dial', number: '1002' });
  assert.deepEqual(done, [['subscribe', 'Dial__c'], ['unsubscribe', 'Dial__c'], ['subscribe', 'Dial__c'], ['dial', '1002', null]]);
});

test('a subscribe that was refused is tried again with the next connection', async () => {
  const { channels, done, stage, say } = bench();
  stage.refuses = true;
  channels.listen('Dial__c');
  await settled();
  stage.refuses = false;
  channels.listen('Dial__c');
  await settled();
  say({ kind: 'dial', number: '1001' });
  assert.deepEqual(done, [['subscribe', 'Dial__c'], ['subscribe', 'Dial__c'], ['dial', '1001', null]]);
});

test('if unsubscribe fails, the old listener continues without a second one', async () => {
  const { channels, done, stage, ears, say } = bench();
  channels.listen('Dial__c');
  await settled();
  stage.refuses = true;
  channels.stop();
  await settled();
  say({ kind: 'dial', number: '1001' });
  channels.listen('Dial__c');
  await settled();
  say({ kind: 'dial', number: '1002' });
  assert.deepEqual([ears.size, done.filter(([what]) => what === 'dial')], [1, [['dial', '1002', null]]]);
});

test('a message that reaches two listeners dials once', async () => {
  const { channels, done, ears } = bench();
  channels.listen('Dial__c');
  await settled();
  const message = { kind: 'dial', number: '1001' };
  const [ear] = ears.values();
  ear?.(message);
  ear?.(message);
  ear?.({ ...message });
  assert.equal(done.filter(([what]) => what === 'dial').length, 2);
});
