/** The agent's favorites: kept by the server, the same in every tab and browser. */

import { el, show } from './dom.js';
import { icon } from './icons.js';
import { whoIs } from './numbers.js';

/** @import {Context, Model, RecentRow} from './types.js' */

/** @param {Model} model @returns {RecentRow[]} in the order in which they were added */
export const favoriteRows = ({ view }) =>
  (view?.favorites ?? []).map(({ number, display, name, record }) => ({
    call_id: `favorite/${number}`, direction: 'outbound', number, display, name, record, started_at: 0, talk_seconds: null, outcome: '',
  }));

/** @param {Model} model @param {{number: string}} row */
export const isFavorite = ({ view }, row) => (view?.favorites ?? []).some(({ number }) => number === row.number);

/** The star of a row. @param {Context} context @param {() => Model} model */
export function createStar({ t, actions }, model) {
  /** @type {RecentRow|undefined} */
  let row;
  const element = el('button', { type: 'button', class: 'icon-button star', onclick: () => row && actions.favorite(row, !isFavorite(model(), row)) }, icon('star'));
  return {
    element,
    /** @param {RecentRow} next */
    update(next) {
      row = next;
      const on = isFavorite(model(), next);
      element.setAttribute('aria-pressed', String(on));
      element.setAttribute('aria-label', t('favorite.toggle', { name: whoIs(next) }));
      show(element, next.number !== '' && model().stage === 'live');
    },
  };
}
