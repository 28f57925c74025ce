/** The agent's calls, page by page: asked for when they may have changed, and not otherwise. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createCallHistory } from '../../web/softphone/call-history.js';
import { createModel } from '../../web/softphone/page.js';
import { view, wrapup } from './views.mjs';

/** @import {CallPage, HistoryQuery, Model} from '../../web/softphone/types.js' */

const settled = () => new Promise(setImmediate);
const row = (/** @type {string} */ id) => /** @type {any} */ ({ call_id: id, number: '1', outcome: 'Missed' });
const idsOf = (/** @type {Model} */ { history }) => history.rows.map(({ call_id: id }) => id);

/** @param {(CallPage|null)[]} pages @param {boolean} [follows] */
function bench(pages, follows = false) {
  /** A render follows again, as in the page. @type {{follow: () => void}|null} */
  let followed = null;
  /** @type {HistoryQuery[]} */
  const asked = [];
  /** @type {Model} */
  const model = { ...createModel(), stage: 'live', view: view() };
  const history = createCallHistory(model, async (query) => (asked.push(query), pages.shift() ?? null), () => follows && followed?.follow());
  followed = history;
  return { history, model, asked };
}

test('the first page comes with the connection, and again when a call is wrapped up', async () => {
  const { history, model, asked } = bench([{ rows: [row('a')], after: null }, { rows: [row('b'), row('a')], after: null }], true);
  history.follow();
  history.follow();
  await settled();
  assert.deepEqual([idsOf(model), model.history.more], [['a'], false]);
  model.view = view({ wrapups: [wrapup()] });
  history.follow();
  await settled();
  assert.deepEqual([idsOf(model), asked], [['b', 'a'], [{ kind: 'all' }, { kind: 'all' }]]);
});

test('older calls are added behind, from where the last page ended', async () => {
  const { history, model, asked } = bench([{ rows: [row('a')], after: 'x' }, { rows: [row('b')], after: null }]);
  await history.reload();
  assert.equal(model.history.more, true);
  await history.more();
  assert.deepEqual([idsOf(model), model.history.more, asked[1]], [['a', 'b'], false, { kind: 'all', after: 'x' }]);
});

test('an empty page that is not the last continues the reading', async () => {
  const { history, model, asked } = bench([{ rows: [], after: 'x' }, { rows: [row('b')], after: 'y' }]);
  await history.choose('missed');
  assert.deepEqual([idsOf(model), asked.map(({ after }) => after), model.history.more], [['b'], [undefined, 'x'], true]);
});

test('another filter starts again, and the answer to the previous one is ignored', async () => {
  const { history, model, asked } = bench([{ rows: [row('a')], after: null }, { rows: [row('b')], after: null }]);
  await Promise.all([history.choose('missed'), history.choose('all', '003000000000001')]);
  assert.deepEqual([idsOf(model), asked[1]], [['b'], { kind: 'all', record: '003000000000001' }]);
});

test('a failed read is reported', async () => {
  const { history, model } = bench([null]);
  await history.reload();
  assert.equal(model.history.state, 'failed');
  assert.deepEqual(await history.find('grace'), []);
});

test('favorites need no request, and a pending answer does not replace them', async () => {
  const { history, model, asked } = bench([{ rows: [row('a')], after: null }, { rows: [row('b')], after: null }]);
  const late = history.choose('missed');
  await history.choose('favorites');
  await late;
  assert.deepEqual([asked.length, model.history.kind, idsOf(model)], [1, 'favorites', []]);
  await history.choose('all');
  assert.deepEqual([asked.length, idsOf(model)], [2, ['b']]);
});
