/** The phone in the browser: who has it, what it picks up by itself, and what it says of its audio. */

import assert from 'node:assert/strict';
import test from 'node:test';

/** @import {AudioState, PhoneEvents} from '../../web/softphone/types.js' */

/** @type {any} */
const world = globalThis;
world.location = { origin: 'http://localhost:8080' };
world.Audio = class {};
world.document = {};

// What scripts/bundle.mjs makes is not there: nothing of it is needed here.
const { register } = await import('node:module');
register(`data:text/javascript,${encodeURIComponent(`
  export async function resolve(specifier, context, next) {
    if (specifier.endsWith('/jssip.js')) return { url: 'data:text/javascript,export class UA {}', shortCircuit: true };
    return next(specifier, context);
  }`)}`);
const { createBrowserPhone, rated } = await import('../../web/softphone/browserphone.js');
const { isHearing, qualityOf } = await import('../../web/softphone/sipphone.js');
const { troubleOf } = await import('../../web/softphone/microphone.js');
const { levelOf } = await import('../../web/softphone/microphonetest.js');

/** Tabs of one browser: a lock that one holds at a time, and a channel that all others hear. */
function aBrowser() {
  /** @type {(() => void)[]} */
  const waiting = [];
  let held = false;
  function next() {
    const give = held ? undefined : waiting.shift();
    if (give) {
      held = true;
      give();
    }
  }
  /** @type {any[]} */
  const channels = [];
  return {
    locks: {
      /** @param {string} _name @param {{signal: AbortSignal}} how @param {() => Promise<unknown>} act */
      request: (_name, { signal }, act) => new Promise((resolve, reject) => {
        const give = () => act().then(() => {
          held = false;
          next();
          resolve(undefined);
        });
        signal.addEventListener('abort', () => waiting.includes(give) && (waiting.splice(waiting.indexOf(give), 1), reject(new Error('aborted'))));
        waiting.push(give);
        next();
      }),
    },
    channel() {
      const mine = { close: () => void channels.splice(channels.indexOf(mine), 1), onmessage: (/** @type {any} */ _event) => {}, postMessage: (/** @type {any} */ data) => channels.forEach((one) => one === mine || one.onmessage({ data: structuredClone(data) })) };
      channels.push(mine);
      return mine;
    },
  };
}

/** A tab, with a phone that notes what is done with it. @param {ReturnType<typeof aBrowser>} browser @param {{calls?: number, microphone?: string}} [how] */
function aTab(browser, { calls = 0, microphone = 'granted' } = {}) {
  /** @type {string[]} */
  const done = [];
  /** @type {PhoneEvents} */
  let events = /** @type {any} */ (null);
  let talks = false;
  let isOpen = false;
  /** @type {any} */
  let own = null;
  const note = (/** @type {string} */ what) => () => void done.push(what);
  const view = { agent: { org_id: '00D', user_id: '005' }, can: {}, notices: /** @type {{code: string}[]} */ ([]), calls: Array.from({ length: calls }, () => ({})) };
  /** @type {any} */
  const page = { model: { view, audio: undefined }, local: new Map(), render() {} };
  /** @type {any} */
  const ports = {
    locks: browser.locks, channel: browser.channel,
    makeWindow: (/** @type {any} */ given) => {
      own = given;
      return { isOpen: () => isOpen, tell: (/** @type {any} */ data) => isOpen && done.push(`tell ${data.say}`), hear() {}, show: note('show'), leave() {} };
    },
    stateOf: async () => microphone,
    makeMicrophone: () => ({ take: async () => 'stream', release() {}, devices: async () => [] }),
    /** @param {any} given */
    makePhone(given) {
      events = given.events;
      return {
        register: (/** @type {boolean} */ take) => void done.push(take ? 'take' : 'register'), isRegistered: () => done.includes('register'), stop: note('stop'), decline: note('decline'), askForAudio: note('audio'),
        answer: () => {
          done.push('answer');
          talks = true;
        },
        isTalking: () => talks, isRinging: () => false,
      };
    },
  };
  const phone = createBrowserPhone(page, async () => ({ ok: false, code: 'unreachable' }), ports);
  /** The phone's own window comes or goes. @param {boolean} comes */
  function turnWindow(comes) {
    isOpen = comes;
    if (comes) own.onOpen();
    else own.onClosed();
  }
  return { turnWindow, told: (/** @type {any} */ data) => own.onTold(data), page, phone, done, view, events: () => events, state: () => /** @type {AudioState} */ (page.model.audio).state };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('one tab has the phone, and the next has it when that one goes', async () => {
  const browser = aBrowser();
  const [first, second] = [aTab(browser), aTab(browser)];
  await settled();
  assert.deepEqual([first.done, second.done], [['register'], []]);
  assert.equal(second.state(), 'elsewhere');
  first.phone.leave();
  await settled();
  assert.deepEqual(second.done, ['register']);
  assert.equal(second.state(), 'connecting');
});

test('a click in any tab of this browser is picked up by itself, once', async () => {
  const browser = aBrowser();
  const [owner, other] = [aTab(browser), aTab(browser)];
  await settled();
  owner.events().registered(false);
  other.phone.dialed();
  owner.events().ringing('user');
  await settled();
  assert.deepEqual(owner.done, ['register', 'answer']);
  owner.events().ringing('user');
  await settled();
  assert.deepEqual(owner.done, ['register', 'answer']);
  assert.equal(owner.state(), 'ringing');
});

test('a caller is answered and declined from any tab', async () => {
  const browser = aBrowser();
  const [owner, other] = [aTab(browser), aTab(browser)];
  await settled();
  assert.equal(other.phone.control({ action: 'answer' }), false);
  owner.events().ringing('inbound');
  for (const tab of [owner, other]) assert.deepEqual([tab.view.can, tab.state()], [{ answer: true, decline: true }, 'ringing']);
  assert.equal(other.phone.control({ action: 'hold' }), false);
  assert.equal(other.phone.control({ action: 'decline' }), true);
  assert.equal(other.phone.control({ action: 'answer' }), true);
  assert.equal(owner.phone.control({ action: 'decline' }), true);
  await settled();
  assert.deepEqual(owner.done, ['register', 'decline', 'decline', 'answer']);
});

test('a page that is shown no calls, because its agent works elsewhere, requests the audio', async () => {
  const tab = aTab(aBrowser());
  tab.view.notices.push({ code: 'other-surface' });
  await settled();
  tab.events().registered(false);
  assert.deepEqual([tab.done, tab.state()], [['register', 'audio'], 'reconnecting']);
  tab.events().silent();
  assert.equal(tab.state(), 'ready');
});

test('a page that joins a call requests its audio, and answers the ringing for it', async () => {
  const tab = aTab(aBrowser(), { calls: 1 });
  await settled();
  tab.events().registered(false);
  assert.equal(tab.state(), 'reconnecting');
  tab.events().ringing('again');
  await settled();
  tab.events().talking();
  assert.deepEqual([tab.done, tab.state()], [['register', 'audio', 'answer'], 'talking']);
  tab.events().registered(true);
  assert.deepEqual(tab.done, ['register', 'audio', 'answer']);
  tab.events().lost();
  assert.deepEqual([tab.done.at(-1), tab.state()], ['audio', 'reconnecting']);
  tab.events().over(false);
});

test('a call at the desk phone leaves the browser ready', async () => {
  const tab = aTab(aBrowser(), { calls: 1 });
  await settled();
  tab.events().registered(false);
  tab.events().silent();
  assert.equal(tab.state(), 'ready');
});

test('without a microphone nothing is registered, and the reason is known', async () => {
  for (const [told, state] of [['policy', 'trouble'], ['refused', 'trouble'], ['missing', 'trouble'], ['prompt', 'setup']]) {
    const tab = aTab(aBrowser(), { microphone: told ?? '' });
    await settled();
    assert.deepEqual([tab.done, tab.state()], [['stop'], state]);
  }
});

test('a window of its own has the phone, and every tab controls it', async () => {
  const browser = aBrowser();
  const [frame, other] = [aTab(browser, { microphone: 'policy' }), aTab(browser, { microphone: 'policy' })];
  await settled();
  frame.page.model.audio.actions.showWindow();
  frame.turnWindow(true);
  assert.equal(frame.state(), 'window');
  frame.done.length = 0;
  frame.told({ say: 'state', state: 'ringing', why: 'inbound' });
  for (const tab of [frame, other]) assert.deepEqual([tab.view.can, tab.state()], [{ answer: true, decline: true }, 'ringing']);
  other.phone.control({ action: 'answer' });
  frame.phone.control({ action: 'decline' });
  frame.phone.dialed();
  frame.told({ say: 'state', state: 'talking' });
  assert.deepEqual(frame.done, ['tell pickUp', 'tell decline', 'tell dialed']);
  assert.deepEqual([frame.state(), other.state()], ['window', 'elsewhere']);
  frame.turnWindow(false);
  await settled();
  assert.deepEqual([frame.state(), frame.page.model.audio.trouble], ['trouble', 'policy']);
});

test('another browser has the phone until the agent wants it here', async () => {
  const tab = aTab(aBrowser());
  await settled();
  tab.events().final(4010);
  assert.equal(tab.state(), 'taken');
  tab.page.model.audio.actions.use();
  await settled();
  assert.deepEqual(tab.done, ['register', 'take']);
});

test('audio is rated by what is lost and by how long it takes', () => {
  const fine = { lost: 0, received: 500, round_trip_ms: 40, jitter_ms: 3 };
  assert.deepEqual([fine, { ...fine, lost: 20 }, { ...fine, lost: 60 }, { ...fine, round_trip_ms: 300 }, { ...fine, received: 0 }].map(rated), ['good', 'fair', 'poor', 'fair', 'poor']);
});

test('packets are counted since the last time', async () => {
  const stats = (/** @type {number} */ received) => new Map([
    ['in', { type: 'inbound-rtp', packetsReceived: received, packetsLost: 2, jitter: 0.004 }],
    ['out', { type: 'outbound-rtp', packetsSent: received + 1 }],
    ['far', { type: 'remote-inbound-rtp', roundTripTime: 0.05 }],
  ]);
  /** @type {any} */
  const connection = { getStats: async () => stats(50) };
  const before = {};
  assert.deepEqual(await qualityOf(connection, before), { sent: 51, received: 50, lost: 2, jitter_ms: 4, round_trip_ms: 50 });
  connection.getStats = async () => stats(80);
  assert.deepEqual(await qualityOf(connection, before), { sent: 30, received: 30, lost: 0, jitter_ms: 4, round_trip_ms: 50 });
});

test('audio is there when a packet comes, and gone when none does for a moment', async () => {
  /** @param {(asked: number) => number} received */
  const heard = (received) => {
    let asked = 0;
    return isHearing(/** @type {any} */ ({ getStats: async () => new Map([['in', { type: 'inbound-rtp', packetsReceived: received(asked++), packetsLost: 0, jitter: 0 }]]) }));
  };
  assert.deepEqual(await Promise.all([heard((asked) => 7 + Number(asked > 2)), heard(() => 7)]), [true, false]);
});

test('a refused microphone says why', () => {
  const named = (/** @type {string} */ name) => Object.assign(new Error(), { name });
  assert.deepEqual(['NotAllowedError', 'NotFoundError', 'OverconstrainedError', 'NotReadableError'].map(named).map(troubleOf), ['refused', 'missing', 'missing', 'busy']);
  assert.equal(troubleOf('x'), 'refused');
});

test('a level follows the perception of loudness', () => {
  assert.equal(levelOf(new Float32Array(8)), 0);
  const loud = levelOf(new Float32Array(8).fill(0.3));
  const quiet = levelOf(new Float32Array(8).fill(0.02));
  assert.ok(quiet > 0.3 && loud > quiet && loud <= 1);
});
