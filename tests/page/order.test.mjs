/** In which order the board lists agents, and how its address remembers what was chosen. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createLink } from '../../web/board/link.js';
import { exportOf, fitsAddress, ordered, readOrder, turned } from '../../web/board/order.js';

/** @type {any} */
const speech = { t: (/** @type {string} */ key) => key, language: 'en' };
/** @param {string} name @param {object} more @returns {any} */
const person = (name, more = {}) => ({ name, state: 'idle', with: null, display: null, since: null, ...more, totals: { calls: 0, answered: 0, missed: 0, talk_seconds: 0, ...more } });
const PEOPLE = [person('Zoë', { calls: 2, since: 100 }), person('ada', { calls: 10 }), person('Émile', { calls: 2, since: 50 })];
/** @param {string} order */
const names = (order) => ordered(PEOPLE, order, speech).map(({ name }) => name);

test('without an order, or by none that there is, agents stand as the server lists them', () => {
  for (const order of ['', '-', 'nonsense', '-constructor']) assert.deepEqual(names(order), ['Zoë', 'ada', 'Émile'], order);
  assert.deepEqual(readOrder('-talk'), { column: 'talk', down: true });
});

test('names go by the language, numbers by their size, equals keep their places', () => {
  assert.deepEqual(names('name'), ['ada', 'Émile', 'Zoë']);
  assert.deepEqual(names('-name'), ['Zoë', 'Émile', 'ada']);
  assert.deepEqual(names('calls'), ['Zoë', 'Émile', 'ada']);
  assert.deepEqual(names('-calls'), ['ada', 'Zoë', 'Émile']);
});

test('who has been in a state for longest is first or last; of whom that is not known at the other end', () => {
  assert.deepEqual(names('-since'), ['Émile', 'Zoë', 'ada']);
  assert.deepEqual(names('since'), ['ada', 'Zoë', 'Émile']);
});

test('the first press on a column of numbers shows the most, on one of words the beginning; the next turns it', () => {
  assert.deepEqual(['', '-calls', 'calls', 'name'].map((order) => turned('calls', order)), ['-calls', 'calls', '-calls', '-calls']);
  assert.deepEqual(['', 'name', '-name'].map((order) => turned('name', order)), ['name', '-name', 'name']);
});

test('what is chosen stands behind the number sign, what is as usual does not', () => {
  /** @type {string[]} */
  const went = [];
  const link = createLink({ hash: '#show=busy&find=%2B1202', pathname: '/board', search: '?org=00D' }, (address) => void went.push(address));
  assert.deepEqual([link.get('show'), link.get('find'), link.get('day')], ['busy', '+1202', '']);
  link.set('order', '-calls');
  for (const name of ['show', 'find', 'order']) link.set(name, '');
  assert.deepEqual(went, ['/board?org=00D#show=busy&find=%2B1202&order=-calls', '/board?org=00D#find=%2B1202&order=-calls', '/board?org=00D#order=-calls', '/board?org=00D']);
});

test('an export names the agents that are shown, and their order', () => {
  const how = (filtered = false, sorted = false) => ({ filtered, sorted });
  assert.deepEqual(exportOf(['b', 'a'], how()), []);
  assert.deepEqual(exportOf(['b', 'a'], how(true)), [['agent', 'b'], ['agent', 'a']]);
  assert.deepEqual(exportOf(['b', 'a'], how(false, true)), [['order', 'b'], ['order', 'a']]);
  assert.deepEqual(exportOf(['b'], how(true, true)), [['agent', 'b'], ['order', 'b']]);
  assert.deepEqual(exportOf([], how(true, true)), [['agent', '']], 'nobody is not everybody');
  assert.deepEqual([300, 301].map((count) => fitsAddress(exportOf(Array(count).fill('a'), how(true)))), [true, false]);
});
