/** A phone's connection: hello first, then SIP; and once it is over, it stays so. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { PhoneSocket, TAKEN } from '../../web/softphone/sipsocket.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @param {any} [ticket] */
function bench(ticket = { ok: true, ticket: 't', user: {} }) {
  Object.assign(globalThis, { WebSocket: { OPEN: 1 } });
  /** @type {any[]} */
  const opened = [];
  /** @type {string[]} */
  const story = [];
  const socket = new PhoneSocket({
    url: 'ws://x/sip',
    fetchTicket: async () => ticket,
    onReady: ({ user }) => story.push(`ready ${user}`),
    onAudio: (found) => story.push(`audio ${found}`),
    onFinal: (code) => story.push(`final ${code}`),
    open: (_url, protocol) => {
      const live = { protocol, readyState: 1, sent: /** @type {string[]} */ ([]), send: (/** @type {string} */ text) => live.sent.push(text), close: () => story.push('close'), onopen() {}, onmessage(/** @type {any} */ _event) {}, onclose(/** @type {any} */ _event) {} };
      opened.push(live);
      return /** @type {any} */ (live);
    },
  });
  socket.onconnect = () => story.push('connect');
  socket.ondisconnect = (_error, code) => story.push(`disconnect ${code}`);
  socket.ondata = (data) => story.push(data);
  return { socket, opened, story };
}

test('hello comes first, and SIP only when the server is ready', async () => {
  const { socket, opened, story } = bench();
  socket.connect();
  await settled();
  const [live] = opened;
  live.onopen();
  assert.deepEqual([live.protocol, live.sent], ['sip', ['{"type":"hello","ticket":"t"}']]);
  assert.equal(socket.send('REGISTER'), false);
  live.onmessage({ data: '{"type":"ready","user":"web-ada","password":"p"}' });
  assert.deepEqual([socket.send('REGISTER'), socket.isConnected()], [true, true]);
  for (const data of ['SIP/2.0 200 OK', '{"type":"audio","found":true}', '{"type":"other"}']) live.onmessage({ data });
  assert.deepEqual(story, ['ready web-ada', 'connect', 'SIP/2.0 200 OK', 'audio true']);
});

test('a phone taken by another page ends and does not return', async () => {
  const { socket, opened, story } = bench();
  socket.takes = true;
  socket.connect();
  await settled();
  opened[0].onopen();
  assert.match(opened[0].sent[0], /"take":true/);
  opened[0].onclose({ code: TAKEN, reason: '' });
  assert.deepEqual(story, [`final ${TAKEN}`]);
  socket.disconnect();
  socket.connect();
  await settled();
  assert.equal(opened.length, 1);
});

test('a broken connection is reported, and retried on request', async () => {
  const { socket, opened, story } = bench();
  socket.connect();
  await settled();
  opened[0].onclose({ code: 1006, reason: '' });
  socket.connect();
  await settled();
  assert.deepEqual([story, opened.length, socket.isConnecting()], [['disconnect 1006'], 2, true]);
});

test('with another network it begins anew at once, whatever it still believed of the old one', async () => {
  const { socket, opened, story } = bench();
  socket.renew();
  await settled();
  assert.deepEqual(opened, []);
  socket.connect();
  await settled();
  const first = /** @type {any} */ (opened.at(0));
  first.onmessage({ data: '{"type":"ready","user":"web-ada","password":"p"}' });
  socket.renew();
  await settled();
  const second = /** @type {any} */ (opened.at(1));
  first.onmessage({ data: 'SIP/2.0 200 OK' });
  first.onclose({ code: 1000, reason: '' });
  second.onmessage({ data: '{"type":"ready","user":"web-ada","password":"q"}' });
  assert.deepEqual(story, ['ready web-ada', 'connect', 'close', 'disconnect 1006', 'ready web-ada', 'connect']);
  socket.disconnect();
  socket.renew();
  await settled();
  assert.equal(opened.length, 2);
});

test('a phone that hears nothing for long, not even pings, connects again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { socket, opened, story } = bench();
  socket.connect();
  await settled();
  opened[0].onmessage({ data: '{"type":"ready","user":"web-ada","password":"p"}' });
  t.mock.timers.tick(600_000);
  opened[0].onmessage({ data: '{"type":"ping","now":1}' });
  t.mock.timers.tick(39_999);
  opened[0].onmessage({ data: 'SIP/2.0 200 OK' });
  t.mock.timers.tick(39_999);
  assert.equal(opened.length, 1);
  t.mock.timers.tick(1);
  await settled();
  assert.deepEqual([opened.length, story.at(-1)], [2, 'disconnect 1006']);
  socket.disconnect();
  t.mock.timers.tick(600_000);
  await settled();
  assert.equal(opened.length, 2);
});

test('without a sign-in nothing is opened', async () => {
  const { socket, opened, story } = bench({ ok: false, code: 'signed-out' });
  socket.connect();
  await settled();
  assert.deepEqual([opened, story], [[], ['disconnect 0']]);
});
