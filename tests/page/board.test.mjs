/** Which agents a board shows, and which day. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { chosen, isMixed, named, party, stateOf } from '../../web/board/people.js';
import { unloggedCall } from '../../web/board/sections.js';
import { boundsOf } from '../../web/board/toolbar.js';

const totals = { calls: 0, answered: 0, missed: 0, talk_seconds: 0 };
/** @param {string} name @param {string} state @param {Partial<import('../../web/board/types.js').Person>} more */
const person = (name, state, more = {}) =>
  ({ user_id: name, name, state, since: null, direction: null, with: null, number: null, display: null, more_calls: 0, online: true, totals, ...more });

const PEOPLE = [
  person('Ada Lovelace', 'bridged', { with: 'Ann Able', number: '+12025550143', display: '(202) 555-0143' }),
  person('Grace Hopper', 'idle'),
  person('Joan Clarke', 'offline'),
  person('Mary Ward', 'ringing-inbound', { number: '+493012345' }),
];
/** @param {string} words @param {import('../../web/board/types.js').Filter['group']} group */
const names = (words, group = 'all') => chosen(PEOPLE, { words, group }).map(({ name }) => name.split(' ')[0]);

test('everybody is shown until somebody is looked for', () => {
  assert.deepEqual(names(''), ['Ada', 'Grace', 'Joan', 'Mary']);
});

test('an agent is found by name, by the other party and by the number', () => {
  assert.deepEqual(names(' HOPPER '), ['Grace']);
  assert.deepEqual(names('able'), ['Ada']);
  assert.deepEqual(names('4930'), ['Mary']);
  for (const spelling of ['(202) 555', '202.555.0143', '+1 202-555']) assert.deepEqual(names(spelling), ['Ada'], spelling);
  assert.deepEqual(names('202 x'), []);
  assert.deepEqual(names('nobody'), []);
});

test('where agents work in several products, each is named with theirs', () => {
  const ada = person('Ada', 'idle', { surface: 'voice' });
  assert.equal(isMixed([ada, person('Bo', 'idle', { surface: 'voice' }), person('Cy', 'offline', { surface: '' })]), false);
  const mixed = [ada, person('Bo', 'idle', { surface: 'open-cti' })];
  assert.equal(isMixed(mixed), true);
  assert.equal(named(ada, false), 'Ada');
  assert.deepEqual(mixed.map((one) => named(one, true)), ['Ada · Salesforce Voice', 'Bo · Open CTI']);
});

test('the audio quality is shown beside the other party if known', () => {
  const [ada] = PEOPLE;
  /** @type {any} */
  const speech = { t: (/** @type {string} */ key, /** @type {object} */ values) => `${key} ${Object.values(values ?? {}).join(' ')}`, number: String, percent: (/** @type {number} */ share) => `${share * 100} %` };
  const talking = person('Ada', 'bridged', { ...ada, direction: 'outbound', audio: { lost: 0.02, jitter_ms: 4, round_trip_ms: 48 } });
  assert.equal(party(talking, speech), 'direction.outbound Ann Able · (202) 555-0143 · agents.audio 2 % 4 48');
});

test('of a call without an open softphone stands when one was last in use', () => {
  /** @type {any} */
  const speech = { language: 'en', t: (/** @type {string} */ key, /** @type {object} */ values) => [key, ...Object.values(values ?? {})].join(' ') };
  const now = new Date(2026, 10, 30, 14, 5).getTime();
  const said = (/** @type {number|null|undefined} */ last) => stateOf(person('Ada', 'bridged', last === undefined ? {} : { last_page: last }), speech, now);
  assert.deepEqual([said(undefined), said(null)], ['state.bridged', 'state.bridged · agents.no-page']);
  assert.equal(said(now).replace('\u202f', ' '), 'state.bridged · agents.last-page 2:05 PM');
  assert.equal(said(now - 86_400_000), 'state.bridged · agents.last-page Nov 29');
});

test('a state leaves the others out', () => {
  assert.deepEqual(names('', 'busy'), ['Ada', 'Mary']);
  assert.deepEqual(names('', 'ready'), ['Grace']);
  assert.deepEqual(names('', 'offline'), ['Joan']);
  assert.deepEqual(names('ada', 'ready'), []);
});

test('today goes on; a day of the past ends with its midnight, however long it was', () => {
  const now = new Date(2026, 10, 29, 15, 30).getTime();
  const midnight = new Date(2026, 10, 29).getTime();
  for (const text of ['2026-11-29', '2026-12-24', '', 'yesterday']) {
    assert.deepEqual(boundsOf(text, now), { since: midnight, until: 0 }, text);
  }
  assert.deepEqual(boundsOf('2026-10-31', now), { since: new Date(2026, 9, 31).getTime(), until: new Date(2026, 10, 1).getTime() });
  assert.deepEqual(boundsOf('2025-12-31', now), { since: new Date(2025, 11, 31).getTime(), until: new Date(2026, 0, 1).getTime() });
});

test('a call that has waited for its log since another day shows the date', () => {
  const speech = { t: (/** @type {string} */ key) => key, language: 'en' };
  const row = /** @type {import('../../web/board/types.js').Unlogged} */ ({ outcome: 'Busy', started_at: new Date(2026, 10, 27, 14, 30).getTime() });
  const shown = (/** @type {number} */ date) => unloggedCall(row, speech, new Date(2026, 10, date, 15).getTime()).replace('\u202f', ' ');
  assert.deepEqual([shown(27), shown(30)], ['2:30 PM · outcome.Busy', 'Nov 27 · outcome.Busy']);
});
