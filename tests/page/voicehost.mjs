/** Salesforce's phone as far as the connector sees it, with the real library, and an adapter by hand. */

import { createRequire } from 'node:module';
import { MessageChannel } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

import { createClasses } from '../../web/connector/classes.js';
import { createConnector } from '../../web/connector/connector.js';
import { guard } from '../../web/connector/guard.js';

export const VERSIONS = ['3.6.2', '4.2.2', '4.8.10'];
export const ORG = '00D000000000001';
export const USER = '005000000000001';
export const ORIGIN = 'https://acme.lightning.force.com';

const require = createRequire(import.meta.url);
const ALL = { answer: true, decline: true, hang_up: true, hold: true, mute: true, digits: true, transfer: true, consult: true, conference: true, pause_recording: true };

/** Its listeners, in their order, as a browser calls them. */
function fakeWindow() {
  /** @type {((event: any) => void)[]} */
  const listeners = [];
  return {
    addEventListener: (/** @type {string} */ _type, /** @type {any} */ listener) => void listeners.push(listener),
    removeEventListener: (/** @type {string} */ _type, /** @type {any} */ listener) => void listeners.splice(listeners.indexOf(listener), 1),
    dispatch(/** @type {any} */ event) {
      let stopped = false;
      const whole = { ports: [], ...event, stopImmediatePropagation: () => (stopped = true) };
      for (const listener of [...listeners]) if (!stopped) listener(whole);
    },
  };
}

/** Long enough for frames through the port, their answers, and what follows a task later. */
export const settled = async () => {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (let inner = 0; inner < 3; inner++) await new Promise((resolve) => setImmediate(resolve));
  }
};

/** @param {string} version @param {{can?: object, connected?: boolean, user?: string, stays?: boolean}} [options] `stays`: a goodbye does not arrive */
export function bench(version, { can = ALL, connected = true, user = USER, stays = false } = {}) {
  const window = fakeWindow();
  Object.assign(globalThis, { window });
  const file = fileURLToPath(new URL(`../../node_modules/.voice/${version}.cjs`, import.meta.url));
  delete require.cache[require.resolve(file)];
  const lib = require(file);
  console.error = console.info = () => undefined;
  /** @type {any[]} */
  const sent = [];
  let now = 1_000_000;
  /** What the sign-in page was told. @type {string[]} */
  const because = [];
  let requests = 0;
  let isUp = true;
  /** When the page was awake last, if it sleeps. @type {number|null} */
  let awake = null;
  /** @type {{at: number, run: () => void}[]} */
  let timers = [];
  const connector = createConnector({
    lib, classes: createClasses(lib), orgId: ORG, makeId: () => `r${++requests}`, signOut: async () => !stays, onAdmission: (why) => void because.push(why),
    send: (frame) => isUp && sent.push(frame) > 0,
    findColleagues: async (words) => [{ name: 'Cy Colleague', number: '2001' }].filter(({ name }) => name.toLowerCase().startsWith(words)),
    now: () => now, since: () => awake ?? now,
    later: (run, ms) => (ms ? void timers.push({ at: now + ms, run }) : void setTimeout(run, 0)),
    setTimer: (run, ms) => { const timer = { at: now + ms, run }; timers.push(timer); return timer; },
    clearTimer: (timer) => { timers = timers.filter((one) => one !== timer); },
  });
  guard(/** @type {any} */ (window), [ORIGIN]);
  lib.initializeConnector(connector.vendor);

  /** The adapter's value, shown whole. @type {any} */
  const view = { type: 'view', epoch: 'e1', version: 0, state: 'idle', now, agent: { org_id: ORG, user_id: user, configured: true }, calls: [], wrapups: [], answers: [], can };
  const show = (change = {}) => {
    Object.assign(view, { version: view.version + 1 }, change, { now });
    connector.show(structuredClone(view), user);
  };
  if (connected) show();

  /** @type {any[]} */
  const heard = [];
  /** @type {any} */
  let port = null;
  /** Open ports would keep Node from ending. @type {any[]} */
  const ports = [];
  const setup = (config = {}, { origin = ORIGIN, type = 'SETUP_CONNECTOR' } = {}) => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    port1.on('message', (message) => heard.push(message));
    if (origin === ORIGIN) port = port1;
    window.dispatch({ data: { type, connectorConfig: { organizationId: `${ORG}AAA`, userId: `${USER}AAA`, ...config } }, origin, ports: [asBrowsers(port2)] });
    return settled();
  };
  return {
    window, connector, view, show, setup, because,
    /** The connection to the adapter. @param {boolean} up */
    net: (up) => void (isUp = up),
    sleep(/** @type {number} */ ms) {
      awake = now;
      now += ms;
    },
    heard, sent, settled,
    ask: (/** @type {any} */ frame) => { port.postMessage(frame); return settled(); },
    async pass(/** @type {number} */ ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      due.forEach(({ run }) => run());
      await settled();
    },
    /** The answer to the last request. */
    answer: (/** @type {string} */ code, change = {}) => show({ answers: [...view.answers, { request_id: `r${requests}`, code, text: '', at: now }], ...change }),
    call: (/** @type {object} */ more = {}) => ({ call_id: 'c1', state: 'ringing-user-devices', direction: 'outbound', number: '+12025550143', display: '', name: '', record: null, started_at: 1, since: now, connected_at: null, ...more }),
    over: (/** @type {object} */ more = {}) => ({ call_id: 'c1', direction: 'outbound', number: '+12025550143', name: '', record: null, talk_seconds: 12, ...more }),
    /** What the host was told, but for the library's own log. */
    events: () => heard.filter(({ type }) => type === 'TELEPHONY_EVENT_DISPATCHED').map(({ payload }) => payload.telephonyEventType),
    payload: (/** @type {string} */ name) => heard.filter(({ payload }) => payload?.telephonyEventType === name).at(-1)?.payload.telephonyEventPayload,
    ready: () => heard.find(({ type }) => type === 'CONNECTOR_READY')?.payload,
    close: () => ports.forEach((one) => one.close()),
  };
}

/** A Node port with a browser's `onmessage`. @param {any} port */
function asBrowsers(port) {
  return {
    postMessage: (/** @type {any} */ message) => port.postMessage(JSON.parse(JSON.stringify(message ?? null))),
    set onmessage(/** @type {(event: any) => void} */ run) { port.on('message', (/** @type {any} */ data) => run({ data })); },
  };
}
