/** Requests have a time limit: on a dead connection they would wait for minutes. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { ask, fetchSettings, fetchTicket, signOut } from '../../web/softphone/session.js';

/** @type {{[name: string]: [() => Promise<unknown>, unknown]}} */
const QUESTIONS = {
  'a ticket': [() => fetchTicket('https://org'), { ok: false, code: 'unreachable' }],
  'the settings': [() => fetchSettings('https://org'), null],
  'a question': [() => ask('https://org', '/api/history', {}), null],
  'a sign-out': [() => signOut('https://org', false), false],
};

for (const [name, [request, answer]] of Object.entries(QUESTIONS)) {
  test(`${name} on a connection that has died ends without an answer`, async (t) => {
    const late = new AbortController();
    t.mock.method(AbortSignal, 'timeout', (/** @type {number} */ ms) => {
      assert.equal(ms, 15_000);
      return late.signal;
    });
    const fetched = t.mock.method(globalThis, 'fetch', (/** @type {string} */ _path, /** @type {RequestInit} */ { signal } = {}) => new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    }));
    const asked = request();
    assert.equal(fetched.mock.calls[0]?.arguments[1]?.signal, late.signal);
    late.abort();
    assert.deepEqual(await asked, answer);
  });
}
