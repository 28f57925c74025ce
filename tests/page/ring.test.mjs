/** One call, several tabs: one rings, one notifies, and only where the agent wants that. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createModel } from '../../web/softphone/page.js';
import { createRing } from '../../web/softphone/ring.js';
import { memoryStore } from '../../web/softphone/stores.js';
import { call, view } from './views.mjs';

/** @import {Model, Store} from '../../web/softphone/types.js' */

const settled = () => new Promise(setImmediate);
const RINGING = view({ state: 'ringing-inbound', calls: [call({ state: 'ringing-inbound', direction: 'inbound' })] });

/** Locks as browsers have them: one holder a name, the others in a line. */
function makeLocks() {
  /** @type {Map<string, (() => Promise<unknown>)[]>} */
  const lines = new Map();
  /** @param {string} name */
  async function next(name) {
    await lines.get(name)?.[0]?.();
    lines.get(name)?.shift();
    if (lines.get(name)?.length) void next(name);
  }
  return /** @type {any} */ ({
    /** @param {string} name @param {object} _options @param {() => Promise<unknown>} held */
    async request(name, _options, held) {
      const line = lines.get(name) ?? [];
      lines.set(name, [...line, held]);
      if (line.length === 0) void next(name);
    },
  });
}

/** @param {{locks: any, rings: string[], shown: string[]}} browser @param {string} name @param {Store} store @param {string} [state] of the sound: suspended before the first click */
function tab({ locks, rings, shown }, name, store, state = 'running') {
  Object.assign(globalThis, {
    window: { addEventListener: () => undefined, Notification: class {}, focus: () => undefined },
    Notification: class {
      static permission = 'granted';
      static async requestPermission() { return 'granted'; }
      constructor() { shown.push(name); }
      close() {}
    },
  });
  const tone = { frequency: { value: 0 }, connect: () => undefined, start: () => undefined, stop: () => undefined };
  const audio = {
    state, currentTime: 0, destination: {}, resume: async () => undefined, createOscillator: () => tone,
    createGain: () => (rings.push(name), { gain: { setValueAtTime: () => undefined, setTargetAtTime: () => undefined }, connect: () => undefined, disconnect: () => rings.push(`${name} stops`) }),
  };
  /** @type {Model} */
  const model = { ...createModel(), stage: 'live' };
  const ring = createRing(model, { t: (key) => key, store, render: () => undefined, locks, makeAudio: () => /** @type {any} */ (audio) });
  return { model, ring };
}
const browser = () => ({ locks: makeLocks(), rings: /** @type {string[]} */ ([]), shown: /** @type {string[]} */ ([]) });

test('two tabs, one call: one ring and one notification', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const [here, store] = [browser(), memoryStore()];
  const tabs = [tab(here, 'first', store), tab(here, 'second', store)];
  for (const { ring } of tabs) {
    await ring.choose('sound', true);
    await ring.choose('desktop', true);
  }
  for (const { model, ring } of tabs) {
    model.view = RINGING;
    ring.follow();
    ring.follow();
  }
  await settled();
  assert.deepEqual(here.rings, ['first']);
  assert.equal(here.shown.length, 1);
  for (const { model, ring } of tabs) {
    model.view = view();
    ring.follow();
  }
  await settled();
  assert.deepEqual(here.rings, ['first', 'first stops']);
});

test('a tab that is closed leaves the ringing to the next', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const [here, store] = [browser(), memoryStore()];
  const tabs = [tab(here, 'first', store), tab(here, 'second', store)];
  for (const { model, ring } of tabs) {
    await ring.choose('sound', true);
    model.view = RINGING;
    ring.follow();
  }
  await settled();
  const [first] = tabs;
  if (first) first.model.stage = 'offline';
  first?.ring.follow();
  await settled();
  assert.deepEqual(here.rings, ['first', 'first stops', 'second']);
});

test('without a choice there is no sound, and a choice survives the page', async () => {
  const [here, store] = [browser(), memoryStore()];
  const { model, ring } = tab(here, 'first', store);
  model.view = RINGING;
  ring.follow();
  await settled();
  assert.deepEqual([here.rings, here.shown], [[], []]);
  await ring.choose('sound', true);
  assert.deepEqual(tab(here, 'later', store).model.ring, { sound: true, desktop: false, needsClick: false, denied: false });
});

test('a browser that keeps it silent until a click is said to', async () => {
  const here = browser();
  const { model, ring } = tab(here, 'first', memoryStore(), 'suspended');
  await ring.choose('sound', true);
  assert.equal(model.ring.needsClick, true);
  model.view = RINGING;
  ring.follow();
  await settled();
  assert.deepEqual(here.rings, []);
});

test('a browser that lets this frame have no locks rings all the same', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const denied = { ...browser(), locks: { request: async () => { throw new DOMException('The request was denied.', 'SecurityError'); } } };
  const { model, ring } = tab(denied, 'one', memoryStore());
  await ring.choose('sound', true);
  model.view = RINGING;
  ring.follow();
  await settled();
  assert.deepEqual(denied.rings, ['one']);
  model.view = view();
  ring.follow();
  await settled();
  assert.deepEqual(denied.rings, ['one', 'one stops']);
});
