/** The connection always comes back, and sends or refuses at once. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createSocket } from '../../web/softphone/socket.js';

const TICKET = { ok: true, ticket: 't', user: { org_id: 'o', user_id: 'u', name: 'Ada' } };
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @param {import('node:test').TestContext} t */
function bench(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(Math, 'random', () => 1);
  Object.assign(globalThis, { WebSocket: { OPEN: 1 } });
  /** @type {string[]} */
  const story = [];
  /** @type {any[]} */
  const opened = [];
  /** @type {any[]} */
  const tickets = [];
  const socket = createSocket({
    url: 'ws://x/ws',
    fetchTicket: async () => tickets.shift() ?? TICKET,
    hello: ({ ticket }) => ({ type: 'hello', ticket }),
    onFrame: (frame) => story.push(frame.type),
    onUp: () => story.push('up'),
    onDown: () => story.push('down'),
    onSignedOut: () => story.push('signed out'),
    open: (_url, protocol) => {
      const live = { protocol, readyState: 1, sent: /** @type {any[]} */ ([]), send: (/** @type {string} */ text) => live.sent.push(JSON.parse(text)), close: () => live.onclose({ code: 1006 }), onopen() {}, onmessage(/** @type {any} */ _event) {}, onclose(/** @type {any} */ _event) {} };
      opened.push(live);
      return /** @type {any} */ (live);
    },
  });
  const hear = (/** @type {object} */ frame) => opened.at(-1).onmessage({ data: JSON.stringify(frame) });
  const connect = async () => {
    await socket.connect();
    opened.at(-1).onopen();
  };
  return { socket, story, opened, tickets, hear, connect };
}

test('hello goes first with the ticket; the first view makes the connection', async (t) => {
  const { socket, story, opened, hear, connect } = bench(t);
  await connect();
  assert.deepEqual([opened[0].protocol, opened[0].sent], ['softphone.v1', [{ type: 'hello', ticket: 't' }]]);
  assert.equal(socket.isUp(), false);
  hear({ type: 'view' });
  assert.deepEqual([socket.isUp(), story], [true, ['up', 'view']]);
});

test('a socket that closes is down at once and is opened again after the jitter', async (t) => {
  const { socket, story, opened, hear, connect } = bench(t);
  await connect();
  hear({ type: 'view' });
  opened[0].onclose({ code: 1006 });
  assert.deepEqual([socket.isUp(), socket.send({ type: 'dial' }), story.at(-1)], [false, false, 'down']);
  t.mock.timers.tick(499);
  await settled();
  assert.equal(opened.length, 1);
  t.mock.timers.tick(1);
  await settled();
  assert.equal(opened.length, 2);
});

test('a server that never shows a view is given up after ten seconds', async (t) => {
  const { story, connect } = bench(t);
  await connect();
  t.mock.timers.tick(10_000);
  assert.deepEqual(story, ['down']);
});

test('refused without a sign-in: no further attempt', async (t) => {
  const { socket, story, opened, tickets } = bench(t);
  tickets.push({ ok: false, code: 'signed-out' });
  await socket.connect();
  t.mock.timers.tick(60_000);
  await settled();
  assert.deepEqual([story, opened.length], [['signed out'], 0]);
});

test('a server that is away is asked again', async (t) => {
  const { socket, story, opened, tickets } = bench(t);
  tickets.push({ ok: false, code: 'unreachable' });
  await socket.connect();
  assert.deepEqual(story, ['down']);
  t.mock.timers.tick(500);
  await settled();
  assert.equal(opened.length, 1);
});

test('a draining server says when the page reconnects', async (t) => {
  const { opened, hear, connect } = bench(t);
  await connect();
  hear({ type: 'view' });
  hear({ type: 'drain', after_ms: 700 });
  t.mock.timers.tick(699);
  await settled();
  assert.equal(opened.length, 1);
  t.mock.timers.tick(1);
  await settled();
  assert.equal(opened.length, 2);
});

test('a connection that dies without a word is replaced, and nothing waits for its end', async (t) => {
  const { socket, story, opened, hear, connect } = bench(t);
  await connect();
  hear({ type: 'view' });
  hear({ type: 'ping', now: 1 });
  opened[0].close = () => undefined;
  t.mock.timers.tick(39_999);
  hear({ type: 'view' });
  t.mock.timers.tick(39_999);
  assert.equal(socket.isUp(), true);
  t.mock.timers.tick(1);
  assert.deepEqual([socket.isUp(), story.at(-1)], [false, 'down']);
  t.mock.timers.tick(500);
  await settled();
  assert.equal(opened.length, 2);
  opened[0].onclose({ code: 1006 });
  t.mock.timers.tick(60_000);
  assert.equal(opened.length, 2);
});

test('a connection given up as lost is down at once, whatever it still believed', async (t) => {
  const { socket, story, opened, hear, connect } = bench(t);
  await connect();
  hear({ type: 'view' });
  opened[0].close = () => undefined;
  socket.renew();
  assert.deepEqual([socket.isUp(), story.at(-1)], [false, 'down']);
  t.mock.timers.tick(500);
  await settled();
  assert.equal(opened.length, 2);
});

test('a server that sends no pings is not suspected', async (t) => {
  const { socket, opened, hear, connect } = bench(t);
  await connect();
  hear({ type: 'view' });
  t.mock.timers.tick(3_600_000);
  assert.deepEqual([socket.isUp(), opened.length], [true, 1]);
});

test('messages of an abandoned socket are ignored', async (t) => {
  const { story, opened, hear, connect } = bench(t);
  await connect();
  hear({ type: 'view' });
  await connect();
  opened[0].onmessage({ data: '{"type":"go"}' });
  opened[0].onclose({ code: 1006 });
  assert.deepEqual(story, ['up', 'view']);
});
