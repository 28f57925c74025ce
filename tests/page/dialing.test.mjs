/** A wish to dial goes out at once or not at all, and the agent hears what became of it. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createDialing, isAsked } from '../../web/softphone/dialing.js';
import { createModel } from '../../web/softphone/page.js';
import { call, view } from './views.mjs';

const WISH = { number: '(202) 555-0101', record: { id: '003x', name: 'Grace' }, name: 'Grace', params: '', clickedAt: 900 };

function bench(up = true) {
  /** @type {any[]} */
  const frames = [];
  /** @type {Map<string, string>} */
  const said = new Map();
  /** @type {Map<string, string>} */
  const tones = new Map();
  /** @type {Map<string, import('../../web/softphone/types.js').Act|undefined>} */
  const acts = new Map();
  /** @type {import('../../web/softphone/types.js').Model} */
  const model = { ...createModel(), stage: 'live', connection: 1 };
  let ids = 0;
  const renew = test.mock.fn();
  const dialing = createDialing({
    model, makeId: () => `r${++ids}`, t: (key) => key, render: () => undefined, renew, now: () => 1_000,
    send: (frame) => up && frames.push(frame) > 0,
    say: (id, tone, text, act) => void (said.set(id, text), tones.set(id, tone), acts.set(id, act)), unsay: (id) => void said.delete(id),
  });
  /** @param {string} code @param {string} [text] @param {string} [request_id] @param {import('../../web/softphone/types.js').Tone} [tone] */
  const answer = (code, text = '', request_id = 'r1', tone = ['placed', 'duplicate'].includes(code) ? 'quiet' : 'error') =>
    dialing.hear(view({ answers: [{ request_id, code, text, at: 0, tone }] }));
  return { dialing, frames, said, tones, acts, model, answer, renew };
}

test('the raw number, the record and both times of the click go out', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, frames, model } = bench();
  assert.equal(dialing.dial(WISH), true);
  assert.deepEqual(frames, [{ type: 'dial', request_id: 'r1', number: '(202) 555-0101', clicked_at: 900, sent_at: 1_000, record: WISH.record }]);
  assert.equal(model.pending?.name, 'Grace');
});

test('a click that Salesforce reports twice calls once, and is no error', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, frames, said, model, answer } = bench();
  assert.deepEqual([dialing.dial(WISH), dialing.dial({ ...WISH, clickedAt: 950 })], [true, true]);
  answer('placed');
  model.view = view({ calls: [call()] });
  dialing.dial(WISH);
  assert.equal(frames.length, 1);
  assert.equal(said.get('dial'), undefined);
  dialing.dial({ ...WISH, number: '+12025550199' });
  assert.equal(frames.length, 2);
});

test('a number whose call is over may be clicked again at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, frames, model, answer } = bench();
  dialing.dial(WISH);
  answer('placed');
  model.view = view({ calls: [] });
  dialing.dial(WISH);
  assert.equal(frames.length, 2);
});

test('a number that was refused may be clicked again at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, frames, answer } = bench();
  dialing.dial(WISH);
  answer('busy', 'You are on a call.');
  dialing.dial(WISH);
  assert.equal(frames.length, 2);
});

test('the number that was chosen goes out while it is one of the org\'s, and the provider shows it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, frames, model } = bench();
  model.showAs = '+12025550101';
  const own = { number: model.showAs, display: '(202) 555-0101' };
  const seen = view();
  const shows = { ...seen, can: { ...seen.can, caller_id: true }, settings: { ...seen.settings, caller_ids: [own] } };
  for (const now of [shows, { ...shows, can: {} }, { ...shows, settings: { ...shows.settings, caller_ids: [] } }]) {
    model.view = now;
    model.pending = null;
    dialing.dial(WISH);
  }
  assert.deepEqual(frames.map(({ caller_id: shown }) => shown), [model.showAs, undefined, undefined]);
});

test('what is asked for in a call is asked once until it is answered, and each key by itself', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, frames, model, answer } = bench();
  const [hold, key] = [{ call_id: 'c1', action: 'hold' }, { call_id: 'c1', action: 'digits', digits: '1' }];
  const sent = [hold, hold, key, key, { ...hold, call_id: 'c2' }].map((request) => dialing.control(request));
  assert.deepEqual(sent, [true, false, true, true, true]);
  assert.deepEqual(frames.map(({ call_id: id, action }) => `${id} ${action}`), ['c1 hold', 'c1 digits', 'c1 digits', 'c2 hold']);
  assert.equal(isAsked(model, 'c1', 'mute', 'hold'), true);
  answer('done', '', 'r1', 'quiet');
  assert.equal(isAsked(model, 'c1', 'hold'), false);
  dialing.control(hold);
  assert.equal(frames.length, 5);
  dialing.drop();
  assert.deepEqual(model.asked, []);
  dialing.control(hold);
  t.mock.timers.tick(8_000);
  assert.deepEqual(model.asked, []);
});

test('without a connection nothing is kept for later, and the agent is told', () => {
  const { dialing, frames, said, model } = bench(false);
  assert.equal(dialing.dial(WISH), false);
  assert.deepEqual([frames, model.pending, said.get('offline')], [[], null, 'dial.offline']);
});

test('a refusal is said once, in the words of the server', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, said, model, answer } = bench();
  dialing.dial(WISH);
  answer('refused-too-short', 'That number is too short.');
  assert.deepEqual([said.get('dial'), model.pending], ['That number is too short.', null]);
  said.clear();
  answer('refused-too-short', 'That number is too short.');
  assert.equal(said.size, 0);
});

test('placed and then refused by the provider: the second word counts too', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, said, answer } = bench();
  dialing.dial(WISH);
  answer('placed');
  assert.equal(said.size, 0);
  answer('provider-refused');
  assert.equal(said.get('dial'), 'answer.provider-refused');
});

test('answers to another page are not for this agent\'s eyes here', () => {
  const { said, answer } = bench();
  answer('busy', 'You are in a call.', 'somebody else');
  assert.equal(said.size, 0);
});

test('a call in the view ends the waiting', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, model } = bench();
  dialing.dial(WISH);
  dialing.hear(view({ calls: [call()] }));
  assert.equal(model.pending, null);
});

test('silence for eight seconds is reported, and so is a connection lost meanwhile', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, said, model, renew } = bench();
  dialing.dial(WISH);
  t.mock.timers.tick(8_000);
  assert.deepEqual([said.get('dial'), model.pending], ['dial.unanswered', null]);
  assert.equal(renew.mock.callCount(), 1, 'it may have died without a word');
  said.clear();
  dialing.dial(WISH);
  dialing.drop();
  assert.equal(said.get('dial'), 'dial.unanswered');
  assert.equal(renew.mock.callCount(), 1);
});

test('asked whether to call again, the button dials the same wish, confirmed and clicked now', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, frames, said, acts, answer } = bench();
  dialing.dial(WISH);
  answer('confirm-repeat');
  assert.deepEqual([said.get('dial'), acts.get('dial')?.label], ['answer.confirm-repeat', 'dial.again']);
  acts.get('dial')?.run();
  assert.deepEqual(frames[1], { ...frames[0], request_id: 'r2', clicked_at: 1_000, confirmed: true });
  assert.equal(said.size, 0);
});

test('only the latest wish can be confirmed, and other refusals have no button', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, acts, answer } = bench();
  dialing.dial(WISH);
  dialing.dial({ ...WISH, number: '911' });
  answer('confirm-repeat');
  assert.equal(acts.get('dial'), undefined);
  answer('busy', '', 'r2');
  assert.equal(acts.get('dial'), undefined);
});

test('the tone is the answer\'s own: a transfer that was done is good news, what the card shows is not said', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, said, tones, answer } = bench();
  dialing.control({ call_id: 'c', action: 'transfer', target: '1001' });
  answer('transferred', 'The call was handed over.', 'r1', 'good');
  assert.deepEqual([said.get('dial'), tones.get('dial')], ['The call was handed over.', 'good']);
  dialing.control({ call_id: 'c', action: 'mute' });
  answer('done', 'Done.', 'r2', 'quiet');
  assert.equal(said.size, 0);
});

test('a request that could not be stored is reported once: nothing was dialed, and nothing is awaited', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dialing, said, model } = bench();
  dialing.dial(WISH);
  assert.equal(dialing.refused({ code: 'not-stored', text: 'Nothing was dialed.', request_id: 'r1' }), true);
  assert.deepEqual([said.get('dial'), model.pending], ['Nothing was dialed.', null]);
  said.clear();
  t.mock.timers.tick(60_000);
  assert.equal(said.size, 0);
  assert.equal(dialing.refused({ code: 'not-stored', text: 'x' }), false);
});
