/** Sleep and deploys: an old click is told as old, an old page reloads when nothing goes on. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createWakeDetector } from '../../web/softphone/wake-detector.js';
import { createBuildReload } from '../../web/softphone/build-reload.js';
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

const idle = /** @type {Model} */ ({ view: view(), pending: null });

test('an old page reloads when it is idle', () => {
  let now = 1_000_000;
  let reloads = 0;
  const stale = createBuildReload(() => reloads++, () => now);
  now += 60_000;
  stale.follow(idle);
  stale.told();
  stale.follow(/** @type {Model} */ ({ view: view({ state: 'bridged' }), pending: null }));
  stale.follow(/** @type {Model} */ ({ view: view({ wrapups: [wrapup()] }), pending: null }));
  stale.follow(/** @type {Model} */ ({ view: null, pending: null }));
  assert.equal(reloads, 0);
  stale.follow(idle);
  stale.follow(idle);
  assert.equal(reloads, 1);
});

test('a page that is signed out reloads if the server has another build, but not while someone signs in', () => {
  let now = 1_000_000;
  let reloads = 0;
  const stale = createBuildReload(() => reloads++, () => now);
  const out = (/** @type {object} */ signIn = {}) => /** @type {Model} */ (
    { stage: 'signed-out', view: null, pending: null, signIn: { by: 'dev', busy: false, failed: false, opened: false, ...signIn } });
  now += 60_000;
  for (const settings of [null, { build: 'ours' }]) stale.compare('ours', settings);
  stale.follow(out());
  stale.compare('ours', { build: 'theirs' });
  stale.compare('ours', null);
  stale.follow(out({ busy: true }));
  stale.follow(out({ opened: true }));
  assert.equal(reloads, 0);
  stale.follow(out());
  assert.equal(reloads, 1);
});

test('no page reloads within a minute of its load, whatever its browser keeps', () => {
  let now = 1_000_000;
  let reloads = 0;
  const load = () => createBuildReload(() => reloads++, () => now);
  for (const waited of [0, 59_999]) {
    now += waited;
    const anew = load();
    anew.told();
    anew.follow(idle);
  }
  assert.equal(reloads, 0);
  const last = load();
  last.told();
  now += 60_000;
  last.follow(idle);
  assert.equal(reloads, 1);
});
