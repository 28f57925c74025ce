/**
 * The agent's phone in this browser: one tab has it, and the others send it their requests.
 *
 * The tab that holds the lock has the phone; a tab that waits for the lock gets it next. A tab that gets it
 * during a talk requests the audio, and the server swaps the legs: the customer notices nothing.
 * https://developer.mozilla.org/docs/Web/API/Web_Locks_API
 */

import { createAudioWindow } from './audiowindow.js';
import { createMicrophone, microphoneState, troubleOf } from './microphone.js';
import { createSipPhone } from './sipphone.js';
import { TAKEN } from './sipsocket.js';
import { isGuest } from './view.js';

/** @import {Page} from './page.js' */
/** @import {AudioActions, AudioState, MicrophoneTrouble, PhoneEvents, View} from './types.js' */
/** @import {Ticket} from './session.js' */

/** How long after a click its ringing is answered automatically, once. */
const CLICK_MS = 45_000;
const QUALITY_MS = 10_000;
/** What the panel shows of a phone in a window of its own, which has the other buttons. @type {{[state: string]: AudioState['state']}} */
const IN_WINDOW = { ringing: 'ringing', connecting: 'connecting', reconnecting: 'reconnecting' };

/** @param {{lost: number, received: number, round_trip_ms: number, jitter_ms: number}} told */
export function rated({ lost, received, round_trip_ms: trip, jitter_ms: jitter }) {
  const share = lost / Math.max(1, lost + received);
  if (received === 0 || share > 0.08 || trip > 500 || jitter > 80) return 'poor';
  return share > 0.02 || trip > 250 || jitter > 40 ? 'fair' : 'good';
}

/** Whether a call of this view may have had its audio here. @param {View|null} view */
const isInCall = (view) => view !== null && (view.calls.length > 0 || isGuest(view));

/**
 * @param {Page} page
 * @param {() => Promise<Ticket>} fetchTicket
 * @param {{locks?: LockManager, makePhone?: typeof createSipPhone, makeMicrophone?: typeof createMicrophone, stateOf?: typeof microphoneState, channel?: (name: string) => BroadcastChannel, makeWindow?: typeof createAudioWindow}} [ports]
 */
export function createBrowserPhone(page, fetchTicket, { locks = navigator.locks, makePhone = createSipPhone, makeMicrophone = createMicrophone, stateOf = microphoneState, channel: openChannel = (name) => new BroadcastChannel(name), makeWindow = createAudioWindow } = {}) {
  const { model } = page;
  const agent = model.view?.agent;
  const name = `softphone/phone/${agent?.org_id}/${agent?.user_id}`;
  const channel = openChannel(name);
  const microphone = makeMicrophone(page.local);
  const leaving = new AbortController();
  /** Whether this page has the phone; a page with a phone window holds the lock and controls it remotely. */
  let owns = false;
  let holdsLock = false;
  let clickedAt = 0;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  let watching;

  /** @type {AudioActions} */
  const actions = {
    use: () => void use(),
    showWindow: () => ownWindow.show(),
    pickUp: () => void (owns ? pickUp() : tell({ say: 'pickUp' })),
    test: (on) => void import('./microphonetest.js').then(({ testMicrophone }) => testMicrophone(page, microphone, on)),
    async chooseDevice(id) {
      microphone.choose(id);
      const [track] = (await microphone.take()).getAudioTracks();
      if (track) await phone.speakWith(track);
      put({ devices: await microphone.devices() });
    },
  };
  /** @type {PhoneEvents} */
  const events = {
    registered(talks) {
      if (talks) return put({ state: 'talking' });
      put({ state: isInCall(model.view) ? 'reconnecting' : 'ready' });
      if (isInCall(model.view)) phone.askForAudio();
    },
    offline: () => phone.isTalking() || put({ state: 'connecting' }),
    final(code) {
      put({ state: code === TAKEN ? 'taken' : 'elsewhere' });
      microphone.release();
    },
    ringing(why) {
      put({ state: why === 'again' ? 'reconnecting' : 'ringing', why });
      const mine = why === 'user' && Date.now() - clickedAt < CLICK_MS;
      if (mine) clickedAt = 0;
      if (mine || why === 'again') void pickUp();
    },
    talking() {
      put({ state: 'talking' });
      watching ??= setInterval(look, QUALITY_MS);
    },
    lost() {
      put({ state: 'reconnecting' });
      phone.askForAudio();
    },
    silent: () => model.audio?.state === 'reconnecting' && put({ state: 'ready' }),
    over(talks) {
      // Another call stopped ringing during a talk.
      if (talks) return void (model.audio?.state === 'ringing' && put({ state: 'talking' }));
      clearInterval(watching);
      watching = undefined;
      microphone.release();
      if (!owns) return;
      put({ state: 'ready', quality: undefined });
      void begin();
    },
  };
  const ownWindow = makeWindow({
    fetchTicket,
    onTold(data) {
      channel.postMessage(data);
      if (data.say === 'state') put({ state: IN_WINDOW[data.state] ?? 'window', why: data.why, trouble: undefined });
    },
    onOpen() {
      owns = false;
      phone.stop();
      put({ state: 'window', trouble: undefined });
    },
    onClosed() {
      owns = holdsLock;
      void begin();
    },
  });
  const phone = makePhone({ url: `${location.origin.replace(/^http/, 'ws')}/sip`, fetchTicket, events });

  /** @param {{[field in keyof AudioState]?: AudioState[field] | undefined}} change */
  function put(change) {
    const next = { .../** @type {any} */ (model.audio ?? {}), ...change, actions };
    model.audio = next;
    if (owns) tell({ say: 'state', state: next.state, why: next.why });
    if (model.view) hear(model.view);
    page.render();
  }
  /** Nobody can hear the agent: show why, and log it on the server once. @param {MicrophoneTrouble} trouble */
  function inTrouble(trouble) {
    if (model.audio?.trouble !== trouble) navigator.sendBeacon?.('/api/blocked', `microphone-${trouble}`);
    put({ state: 'trouble', trouble });
  }
  /** @param {object} message to the other tabs */
  const tell = (message) => {
    channel.postMessage(message);
    if (!owns) ownWindow.tell(message);
  };

  /** The owner carries out the others' requests; they show its state. */
  channel.onmessage = ({ data }) => {
    if (owns) {
      if (data.say === 'pickUp') void pickUp();
      if (data.say === 'decline') phone.decline();
      if (data.say === 'dialed') clickedAt = Date.now();
      if (data.say === 'who') put({});
    } else if (ownWindow.isOpen()) {
      if (data.say !== 'state') ownWindow.tell(data);
    } else if (data.say === 'state') {
      put({ state: data.state === 'ringing' ? 'ringing' : 'elsewhere', why: data.why });
    }
  };

  async function pickUp() {
    try {
      phone.answer(await microphone.take());
    } catch (thrown) {
      inTrouble(troubleOf(thrown));
    }
  }
  async function look() {
    const told = await phone.quality();
    if (told) put({ quality: rated(told) });
  }

  /** Register the phone only if the agent can be heard; otherwise only the desk phone rings. */
  async function begin() {
    const state = await stateOf();
    if (!owns || model.audio?.state === 'taken') return;
    if (state !== 'granted') {
      phone.stop();
      return state === 'prompt' ? put({ state: 'setup' }) : inTrouble(state);
    }
    if (phone.isRegistered()) return;
    put({ state: 'connecting' });
    phone.register();
  }
  async function use() {
    if (phone.isTalking()) return unheard();
    try {
      await microphone.take();
      microphone.release();
    } catch (thrown) {
      return inTrouble(troubleOf(thrown));
    }
    put({ state: 'connecting' });
    phone.register(true);
  }
  /** The microphone is gone: use another, or tell the agent why nobody can hear them. */
  async function unheard() {
    if (!owns) return;
    if (!phone.isTalking()) return begin();
    try {
      const [track] = (await microphone.take()).getAudioTracks();
      if (track) await phone.speakWith(track);
      put({ state: 'talking' });
    } catch (thrown) {
      inTrouble(troubleOf(thrown));
    }
  }

  /** Apply a view. @param {View} view */
  function hear(view) {
    const rings = model.audio?.state === 'ringing' && model.audio.why === 'inbound';
    view.can = { ...view.can, answer: rings, decline: rings };
    ownWindow.hear(view);
  }

  put({ state: 'elsewhere' });
  tell({ say: 'who' });
  locks.request(name, { signal: leaving.signal }, () => new Promise((resolve) => {
    leaving.signal.addEventListener('abort', resolve);
    holdsLock = true;
    owns = !ownWindow.isOpen();
    void begin();
  })).catch(() => undefined);
  navigator.mediaDevices?.addEventListener('devicechange', () => {
    if (owns && !phone.isTalking() && model.audio?.state !== 'taken') void begin();
  });
  microphone.onLost = () => void unheard();

  return {
    hear,
    dialed() {
      if (owns) clickedAt = Date.now();
      else tell({ say: 'dialed' });
    },
    /** @param {any} request */
    control({ action }) {
      if (model.audio?.state !== 'ringing' || !['answer', 'decline'].includes(action)) return false;
      if (action === 'answer') actions.pickUp();
      else if (owns) phone.decline();
      else tell({ say: 'decline' });
      return true;
    },
    leave() {
      leaving.abort();
      ownWindow.leave();
      channel.close();
      phone.stop();
      microphone.release();
      owns = false;
      delete model.audio;
    },
  };
}
