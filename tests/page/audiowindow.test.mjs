/** What the phone's own window is told of the agent's calls. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { MARK, createAudioWindow } from '../../web/softphone/audiowindow.js';
import { call, view } from './views.mjs';

test('the window learns that there is a call and where the agent works, and nothing about whom', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  /** @type {any} */
  const page = { location: { origin: 'https://softphone' }, addEventListener: (/** @type {string} */ _type, /** @type {any} */ listener) => (page.receive = listener) };
  /** @type {any[]} */
  const told = [];
  const sender = { opener: page, closed: false, postMessage: (/** @type {any} */ data) => told.push(data[MARK]) };
  const own = createAudioWindow({ fetchTicket: async () => ({ ok: false, code: 'unreachable' }), onTold() {}, onOpen() {}, onClosed() {} }, page);
  page.receive({ source: sender, origin: 'https://softphone', data: { [MARK]: { say: 'hello' } } });
  const notices = [{ id: 'n', code: 'other-surface', text: 'You work elsewhere.', at: 0, tone: /** @type {const} */ ('info') }];
  const shown = view({ calls: [call()], notices });
  own.hear(shown);
  assert.deepEqual(told, [{ say: 'view', view: { agent: shown.agent, calls: [{}], notices: [{ code: 'other-surface' }] } }]);
});
