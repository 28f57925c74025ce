/**
 * On an inbound call, this browser rings or shows a notification, as the agent has chosen, in the one tab
 * that holds the call's lock. Tabs of one org share their locks, so when that tab closes, the next one
 * rings.
 *
 * A frame of somebody else's page may play nothing before it was clicked once, and may show no
 * notification at all: what the browser forbids is said where the agent makes the choice.
 * https://developer.mozilla.org/docs/Web/Media/Guides/Autoplay
 */

import { availabilityOf } from './availability.js';
import { whoIs } from './numbers.js';

/** @import {CallCard, Model, Store, Translate} from './types.js' */

const CHOICES = 'softphone/ring';
const PULSE_S = 2;
const EVERY_MS = 4_000;
const TONES_HZ = [440, 480];
const LOUDNESS = 0.08;

/** One ring. @param {AudioContext} audio */
function ringOnce(audio) {
  const gain = audio.createGain();
  const start = audio.currentTime;
  gain.gain.setValueAtTime(LOUDNESS, start);
  gain.gain.setTargetAtTime(0, start + PULSE_S - 0.1, 0.03);
  gain.connect(audio.destination);
  for (const hertz of TONES_HZ) {
    const tone = audio.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start(start);
    tone.stop(start + PULSE_S);
  }
  return gain;
}

/** The sound, if the browser permits it. @param {{makeAudio: () => AudioContext, onState: () => void}} ports */
function createBell({ makeAudio, onState }) {
  /** @type {AudioContext|null} */
  let audio = null;
  const open = () => {
    if (audio) return audio;
    audio = makeAudio();
    audio.onstatechange = onState;
    return audio;
  };
  return {
    isReady: () => audio?.state === 'running',
    /** Request permission to play, in a click or again when a call rings. */
    unlock: () => open().resume().catch(() => undefined),
    /** @param {AbortSignal} signal */
    ring(signal) {
      let gain = ringOnce(open());
      const timer = setInterval(() => {
        gain = ringOnce(open());
      }, EVERY_MS);
      signal.addEventListener('abort', () => {
        clearInterval(timer);
        gain.disconnect();
      });
    },
  };
}

/** @param {string} title @param {CallCard} call @param {AbortSignal} signal */
function notify(title, call, signal) {
  const shown = new Notification(title, { body: whoIs(call), tag: call.call_id, silent: true });
  shown.onclick = () => window.focus();
  signal.addEventListener('abort', () => shown.close());
}

/** Act in one tab until stopped. A page without locks acts on its own: two rings are better than none. @param {LockManager|undefined} locks @param {string} name @param {AbortSignal} signal @param {() => void} act */
function alone(locks, name, signal, act) {
  const held = () => new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    signal.addEventListener('abort', resolve);
    act();
  });
  if (!locks) return void held();
  locks.request(name, { signal }, held).catch(held);
}

/**
 * @param {Model} model
 * @param {{t: Translate, store: Store, render: () => void, locks?: LockManager, makeAudio?: () => AudioContext}} ports
 */
export function createRing(model, { t, store, render, locks = navigator.locks, makeAudio = () => new AudioContext() }) {
  const bell = createBell({ makeAudio, onState: tell });
  /** @type {{callId: string, stop: AbortController}|null} */
  let ringing = null;
  const chosen = JSON.parse(store.getItem(CHOICES) ?? '{}');
  model.ring = { ...model.ring, sound: chosen.sound === true, desktop: chosen.desktop === true };
  if (model.ring.sound) void bell.unlock();
  window.addEventListener('pointerdown', () => model.ring.sound && !bell.isReady() && void bell.unlock());
  tell();

  function tell() {
    const denied = !('Notification' in window) || Notification.permission === 'denied';
    model.ring = { ...model.ring, needsClick: model.ring.sound && !bell.isReady(), denied };
    render();
  }
  /** @param {CallCard} call */
  function start(call) {
    const stop = new AbortController();
    ringing = { callId: call.call_id, stop };
    if (model.ring.sound && bell.isReady()) alone(locks, `softphone/ring/${call.call_id}`, stop.signal, () => bell.ring(stop.signal));
    if (model.ring.desktop && !model.ring.denied) alone(locks, `softphone/notify/${call.call_id}`, stop.signal, () => notify(t('phase.ringing-inbound'), call, stop.signal));
  }

  return {
    follow() {
      // On do not disturb, the agent sees the card without a sound.
      const may = model.stage === 'live' && availabilityOf(model).status !== 'do-not-disturb';
      const call = may ? model.view?.calls.find(({ state }) => state === 'ringing-inbound') : undefined;
      if (call?.call_id === ringing?.callId) return;
      ringing?.stop.abort();
      ringing = null;
      if (call) start(call);
    },
    /** @param {'sound'|'desktop'} what @param {boolean} on */
    async choose(what, on) {
      model.ring = { ...model.ring, [what]: on };
      store.setItem(CHOICES, JSON.stringify({ sound: model.ring.sound, desktop: model.ring.desktop }));
      if (what === 'sound' && on) await bell.unlock();
      if (what === 'desktop' && on && 'Notification' in window) await Notification.requestPermission();
      tell();
    },
  };
}
