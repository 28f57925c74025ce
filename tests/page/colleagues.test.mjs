/** Colleagues of the house: found by name or number, told with what keeps them from a call. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { findColleagues, rowOfColleague, stateOfColleague } from '../../web/softphone/colleagues.js';

/** @import {Colleague} from '../../web/softphone/types.js' */

const t = (/** @type {string} */ key, values = {}) => [key, ...Object.values(values)].join(' ');
/** @type {(state: Colleague['state'], reason?: string) => Colleague} */
const grace = (state, reason = '') => ({ name: 'Grace', number: '1002', state, reason });

test('a colleague\'s unavailability is shown if known', () => {
  assert.equal(stateOfColleague(grace(''), t), '');
  assert.equal(stateOfColleague(grace('busy'), t), 'state.bridged');
  assert.equal(stateOfColleague(grace('away'), t), 'availability.away');
  assert.equal(stateOfColleague(grace('away', 'Lunch'), t), 'availability.awayFor Lunch');
  assert.equal(stateOfColleague(grace('do-not-disturb'), t), 'availability.do-not-disturb');
});

test('a colleague is a row that is dialed by extension', () => {
  const row = rowOfColleague(grace(''), t);
  assert.deepEqual([row.number, row.name, row.direction, row.outcome], ['1002', 'Grace', 'internal', 'colleague.kind']);
});

test('a server that does not answer has no colleagues', async () => {
  assert.deepEqual(await findColleagues(async () => null, 'gr'), []);
  assert.deepEqual(await findColleagues(async (path, question) => ({ rows: [path, question] }), 'gr'), ['/api/colleagues', { search: 'gr' }]);
});
