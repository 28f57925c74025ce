/** Sleep and deploys: an old click is told as old, an old page reloads when nothing goes on. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createWakeDetector } from '../../web/softphone/wake-detector.js';
import { createBuildReload } from '../../web/softphone/build-reload.js';
import { memoryStore } from '../../web/softphone/stores.js';
import { view, wrapup } from './views.mjs';

/** @import {Model} from '../../web/softphone/types.js' */

test('a click told by a page that has just woken is as old as its sleep', () => {
  let now = 1_000;
  const pulse = createWakeDetector(() => now);
  now += 9_000;
  assert.equal(pulse.since(), 10_000);
  now += 60_000;
  assert.equal(pulse.since(), 1_000);
  pulse.tick();
  assert.equal(pulse.since(), now);
});

test('an old page reloads when it is idle, once in a minute', () => {
  let now = 1_000_000;
  let reloads = 0;
  const stale = createBuildReload(memoryStore(), () => reloads++, () => now);
  const idle = /** @type {Model} */ ({ view: view(), pending: null });
  stale.follow(idle);
  stale.told();
  stale.follow(/** @type {Model} */ ({ view: view({ state: 'bridged' }), pending: null }));
  stale.follow(/** @type {Model} */ ({ view: view({ wrapups: [wrapup()] }), pending: null }));
  stale.follow(/** @type {Model} */ ({ view: null, pending: null }));
  assert.equal(reloads, 0);
  stale.follow(idle);
  stale.told();
  stale.follow(idle);
  assert.equal(reloads, 1);
  now += 60_000;
  stale.follow(idle);
  assert.equal(reloads, 2);
});
