import { strict as assert } from 'node:assert';
import test from 'node:test';

import { createSignInFlow } from '../../web/softphone/sign-in-flow.js';

/** @import {Page} from '../../web/softphone/page.js' */
/** @import {Act, Availability, PageSettings} from '../../web/softphone/types.js' */

/** A page that keeps what it says, its server, and what was asked of that. @param {Availability['status']} status @param {Availability['applied']} applied */
function agentWith(status, applied) {
  /** @type {{said: {[id: string]: {text: string, act?: Act, other?: Act}}, sent: object[], left: number, up: boolean}} */
  const seen = { said: {}, sent: [], left: 0, up: true };
  const availability = { status, applied, reason: '', since: 1 };
  const page = /** @type {any} */ ({
    model: { view: { agent: { availability }, calls: [], wrapups: [] }, accountOpen: false },
    t: (/** @type {string} */ key) => key,
    moreWords: async () => undefined,
    say: (/** @type {string} */ id, /** @type {string} */ _tone, /** @type {string} */ text, /** @type {Act} */ act, /** @type {Act} */ other) => (seen.said[id] = { text, act, other }),
    unsay: (/** @type {string} */ id) => delete seen.said[id],
  });
  globalThis.fetch = /** @type {any} */ (async () => ({ ok: true }));
  const flow = createSignInFlow(/** @type {Page} */ (page), /** @type {PageSettings} */ ({ sign_in: 'dev' }), 'https://x', {
    connect: async () => undefined,
    leave: () => (seen.left += 1),
    send: (frame) => seen.up && seen.sent.push(frame) > 0,
  });
  return { flow, seen, page, availability };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('an agent who is available or only shown as away is signed out at once', async () => {
  for (const [status, applied] of /** @type {const} */ ([['available', ''], ['away', 'shown'], ['away', 'refused']])) {
    const { flow, seen } = agentWith(status, applied);
    await flow.signOut();
    assert.deepEqual([seen.left, seen.said], [1, {}]);
  }
});

test('a second press on the way out asks the server nothing', async () => {
  const { flow, seen } = agentWith('available', '');
  let asked = 0;
  globalThis.fetch = /** @type {any} */ (async () => ({ ok: ++asked === 1 }));
  await Promise.all([flow.signOut(), flow.signOut()]);
  assert.deepEqual([asked, seen.left, seen.said], [1, 1, {}]);
  await flow.signOut();
  assert.equal(asked, 2);
});

test('an agent who leaves do-not-disturb on is asked, and may leave it on', async () => {
  const { flow, seen } = agentWith('do-not-disturb', 'done');
  await flow.signOut();
  assert.deepEqual([seen.left, seen.said['account']?.text], [0, 'account.kept']);
  seen.said['account']?.other?.run();
  await settled();
  assert.deepEqual([seen.left, seen.sent, seen.said], [1, [], {}]);
});

test('an agent who turns it off is signed out once the phone system has done so', async () => {
  const { flow, seen, availability } = agentWith('away', 'done');
  await flow.everywhere();
  seen.said['account']?.act?.run();
  assert.deepEqual(seen.sent, [{ type: 'availability', status: 'available', reason: '' }]);
  flow.follow();
  Object.assign(availability, { status: 'available', applied: 'asked' });
  flow.follow();
  await settled();
  assert.equal(seen.left, 0);
  availability.applied = '';
  flow.follow();
  await settled();
  flow.follow();
  await settled();
  assert.equal(seen.left, 1);
});

test('where the phone system does not turn it off, or nobody hears the wish, the agent stays', async () => {
  const { flow, seen, availability } = agentWith('do-not-disturb', 'unknown');
  await flow.signOut();
  seen.said['account']?.act?.run();
  Object.assign(availability, { status: 'available', applied: 'refused' });
  flow.follow();
  availability.applied = '';
  flow.follow();
  await settled();
  assert.equal(seen.left, 0);
  const lost = agentWith('do-not-disturb', 'done');
  lost.seen.up = false;
  await lost.flow.signOut();
  lost.seen.said['account']?.act?.run();
  assert.deepEqual(Object.keys(lost.seen.said), ['signout']);
});

test('a call is asked about first', async () => {
  const { flow, seen, page } = agentWith('do-not-disturb', 'done');
  page.model.view.calls = [{}];
  await flow.signOut();
  assert.equal(seen.said['account']?.text, 'account.inCall');
  seen.said['account']?.act?.run();
  await settled();
  assert.equal(seen.said['account']?.text, 'account.kept');
});
