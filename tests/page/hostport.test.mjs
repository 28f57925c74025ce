/** One port between our own host and the page: handed over once, to the right one, by the right one. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createHostApi, reachHost } from '../../web/softphone/hostport.js';

const HOST = new URL('../../salesforce/host/force-app/main/default/lwc/softphoneHost/', import.meta.url).href;
const { createWire } = await import(`${HOST}wire.js`);

const ORG = 'https://acme.lightning.force.com';
const SOFTPHONE = 'https://softphone.example.com';
const NONCE = 'a'.repeat(32);

/** Two windows that post to each other as browsers do: with the sender's origin, and themselves as the source. */
function windows() {
  /** @type {any} */
  const page = new EventTarget();
  /** @type {any} */
  const parent = new EventTarget();
  const deliver = (/** @type {any} */ target, /** @type {any} */ source, /** @type {string} */ origin, /** @type {string} */ own) =>
    (/** @type {any} */ data, /** @type {string} */ wanted, /** @type {any[]} */ ports = []) => {
      if (wanted === own) target.dispatchEvent(Object.assign(new Event('message'), { data, origin, source, ports }));
    };
  parent.postMessage = deliver(parent, page, SOFTPHONE, ORG);
  page.postMessage = deliver(page, parent, ORG, SOFTPHONE);
  page.parent = parent;
  return { page, parent };
}
/** @param {{[method: string]: (args: any) => unknown}} methods */
function hosted(methods = {}) {
  const { page, parent } = windows();
  /** @type {number} */
  let loads = 0;
  const wire = createWire({ frame: () => page, origin: SOFTPHONE, methods, onPage: () => { loads += 1; } });
  parent.addEventListener('message', wire.receive);
  return { page, parent, wire, loads: () => loads };
}
/** @param {any} reached */
const apiOf = (reached) => (assert.ok(reached.ok), reached.api);

test('the page is answered, with values and with what Salesforce said', async (t) => {
  const { page, wire, loads } = hosted({
    add: ({ a, b }) => a + b,
    none: () => undefined,
    refuse: () => { throw { body: { message: 'Say more', output: { fieldErrors: { Subject: [] } } } }; },
    crash: () => { throw new Error('broken'); },
    coded: () => { throw { code: 'DUPLICATE_VALUE', message: 'twice', details: { pageErrors: [] } }; },
  });
  const api = apiOf(await reachHost(ORG, NONCE, page));
  assert.deepEqual(await api.ask('add', { a: 1, b: 2 }), { ok: true, value: 3 });
  assert.deepEqual(await api.ask('none'), { ok: true, value: null });
  const refused = await api.ask('refuse');
  assert.deepEqual(refused.errors, [{ code: 'SERVER_ERROR', message: 'Say more', details: { fieldErrors: { Subject: [] } } }]);
  assert.deepEqual((await api.ask('crash')).errors, [{ code: 'SERVER_ERROR', message: 'broken' }]);
  assert.deepEqual((await api.ask('coded')).errors, [{ code: 'DUPLICATE_VALUE', message: 'twice', details: { pageErrors: [] } }]);
  for (const strange of ['toString', 'constructor', 'nothing']) assert.equal((await api.ask(strange)).errors[0].code, 'UNSUPPORTED');
  /** @type {any[]} */
  const heard = [];
  api.on('click', (/** @type {any} */ payload) => heard.push(payload));
  wire.tell('click', { number: '1' });
  wire.tell('other', {});
  await api.ask('none');
  assert.deepEqual([heard, loads()], [[{ number: '1' }], 1]);
  t.after(() => wire.close());
});

test('what stays unanswered ends by its own time, if it has one', async (t) => {
  const { page, wire } = hosted({ never: () => new Promise(() => undefined) });
  const api = apiOf(await reachHost(ORG, NONCE, page));
  const outcome = await api.ask('never', {}, 1);
  assert.deepEqual([outcome.ok, outcome.timedOut, outcome.errors[0].code], [false, true, 'TIMEOUT']);
  t.after(() => wire.close());
});

test('a greeting is answered once, and never for a third party', () => {
  const { page, parent, loads, wire } = hosted();
  const greet = (/** @type {object} */ changed) => parent.dispatchEvent(Object.assign(new Event('message'),
    { data: { softphone: 'hello', nonce: NONCE }, origin: SOFTPHONE, source: page, ...changed }));
  greet({ source: new EventTarget() });
  greet({ source: null });
  greet({ origin: ORG });
  greet({ origin: `${SOFTPHONE}.evil.example` });
  greet({ data: { softphone: 'hello', nonce: 'a' } });
  greet({ data: { softphone: 'port', nonce: NONCE } });
  greet({ data: null });
  assert.equal(loads(), 0);
  greet({});
  greet({});
  assert.equal(loads(), 1);
  greet({ data: { softphone: 'hello', nonce: 'b'.repeat(32) } });
  assert.equal(loads(), 2);
  wire.close();
});

test('the page accepts only the first port from its parent for its own nonce', async () => {
  const { page, parent } = windows();
  const reached = reachHost(ORG, NONCE, page);
  const offer = (/** @type {object} */ changed) => {
    const { port1, port2 } = new MessageChannel();
    page.dispatchEvent(Object.assign(new Event('message'), { data: { softphone: 'port', nonce: NONCE }, origin: ORG, source: parent, ports: [port2], ...changed }));
    return /** @type {any} */ (port1);
  };
  const strangers = [offer({ source: page }), offer({ origin: 'https://evil.example' }), offer({ data: { softphone: 'port', nonce: 'b'.repeat(32) } }), offer({ ports: [] })];
  const own = offer({});
  const replayed = offer({});
  const api = apiOf(await reached);
  own.on('message', (/** @type {any} */ { id }) => own.postMessage({ id, ok: true, value: 'own' }));
  for (const port of [...strangers, replayed]) port.on('message', () => assert.fail('heard by a stranger'));
  assert.deepEqual(await api.ask('probe'), { ok: true, value: 'own' });
  for (const port of [own, replayed, ...strangers]) port.close();
});

test('a host that is not there yet is greeted again; one that never comes is named', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const { page, parent } = windows();
  let greetings = 0;
  parent.addEventListener('message', () => { greetings += 1; });
  const reached = reachHost(ORG, NONCE, page);
  t.mock.timers.tick(1_000);
  assert.equal(greetings, 3);
  t.mock.timers.tick(10_000);
  assert.deepEqual(await reached, { ok: false, code: 'host-silent', detail: ORG });
});

test('an answer without a request and an invalid message are ignored', async () => {
  /** @type {any} */
  const { port1, port2 } = new MessageChannel();
  const api = createHostApi(port2);
  port1.postMessage({ id: 9, ok: true });
  port1.postMessage(null);
  port1.on('message', (/** @type {any} */ { id }) => port1.postMessage({ id, ok: false }));
  assert.deepEqual(await api.ask('probe'), { ok: false, errors: [], timedOut: false });
  port1.close();
});
