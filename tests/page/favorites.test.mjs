/** Favorites, as the view tells them. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { favoriteRows, isFavorite } from '../../web/softphone/favorites.js';
import { createModel } from '../../web/softphone/page.js';
import { view } from './views.mjs';

const GRACE = { number: '+12025559000', display: '(202) 555-9000', name: 'Grace', record: { id: '003A' } };
const model = { ...createModel(), view: { ...view(), favorites: [GRACE] } };

test('a favorite is a row that keeps its record', () => {
  const [row] = favoriteRows(model);
  assert.deepEqual([row?.number, row?.name, row?.record], [GRACE.number, 'Grace', GRACE.record]);
  assert.deepEqual(favoriteRows(createModel()), []);
});

test('a number says which favorite it is', () => {
  assert.equal(isFavorite(model, { number: '+12025559000' }), true);
  assert.equal(isFavorite(model, { number: '+12025559001' }), false);
  assert.equal(isFavorite(createModel(), GRACE), false);
});
