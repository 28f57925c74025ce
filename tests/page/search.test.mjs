/** What a typed name or number may mean: people of the org and older calls, and what is said where nobody is found. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createSearch, rowsOf } from '../../web/softphone/search.js';

/** @import {PeopleFound, RecentRow} from '../../web/softphone/types.js' */

const GRACE = { Id: '003000000000001', Name: 'Grace Okafor', Type: 'Contact', Detail: 'Acme', Numbers: [{ Label: 'Phone', Number: '+1 202-555-9000' }, { Label: 'Mobile', Number: '(202) 555-0111' }] };
const settled = () => new Promise(setImmediate);

/** @param {PeopleFound} answer */
function bench(answer = { ok: true, value: { runApex: JSON.stringify([GRACE]) } }) {
  /** @type {string[]} */
  const asked = [];
  const search = createSearch({
    people: async (words) => (asked.push(`people ${words}`), answer),
    calls: async (words) => (asked.push(`calls ${words}`), [/** @type {RecentRow} */ ({ call_id: 'old' })]),
    colleagues: async (words) => (asked.push(`colleagues ${words}`), [/** @type {RecentRow} */ ({ call_id: 'colleague/1002' })]),
  }, () => undefined);
  return { search, asked };
}

test('each number of a person is a row of its own, and carries the record', () => {
  const rows = rowsOf({ runApex: JSON.stringify([GRACE]) }) ?? [];
  assert.deepEqual(rows.map(({ number, outcome, record }) => [number, outcome, record?.id]), [
    ['+1 202-555-9000', 'Acme · Phone', GRACE.Id], ['(202) 555-0111', 'Acme · Mobile', GRACE.Id],
  ]);
  assert.deepEqual([rowsOf('rubbish'), rowsOf(null), rowsOf({ runApex: '7' })], [null, null, null]);
});

test('a name is looked for once the agent pauses, in Salesforce, among older calls and in the house', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { search, asked } = bench();
  for (const typed of ['g', 'gr', 'grace', 'grace']) search.look(typed);
  assert.equal(search.state(), 'search.busy');
  t.mock.timers.tick(250);
  await settled();
  assert.deepEqual(asked, ['calls grace', 'colleagues grace', 'people grace']);
  assert.deepEqual(search.rows([]).map(({ call_id: id }) => id), ['colleague/1002', 'old', `person/${GRACE.Id}/+1 202-555-9000`, `person/${GRACE.Id}/(202) 555-0111`]);
  assert.equal(search.rows([/** @type {RecentRow} */ ({ call_id: 'old' })]).length, 3);
});

test('digits are looked for among the calls and in the house', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { search, asked } = bench();
  search.look('202555');
  t.mock.timers.tick(250);
  await settled();
  assert.deepEqual([asked, search.state()], [['calls 202555', 'colleagues 202555'], '']);
});

test('an answer about an earlier text is ignored', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { search } = bench();
  search.look('grace');
  t.mock.timers.tick(250);
  search.look('');
  await settled();
  assert.deepEqual([search.rows([]), search.state()], [[], '']);
});

test('a search that is not set up is reported', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const answer of [/** @type {PeopleFound} */ ({ ok: false }), /** @type {PeopleFound} */ ({ ok: true, value: 'oops' })]) {
    const { search } = bench(answer);
    search.look('grace');
    t.mock.timers.tick(250);
    await settled();
    assert.equal(search.state(), 'search.unavailable');
  }
});

test('one odd person does not affect the others', () => {
  const odd = [null, { Id: '003', Name: 'No numbers' }, { ...GRACE, Numbers: [null, {}, ...GRACE.Numbers] }];
  assert.deepEqual(rowsOf(JSON.stringify(odd)), rowsOf(JSON.stringify([GRACE])));
});
