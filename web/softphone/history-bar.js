/** Which of the agent's calls are listed, with the button for older ones. */

import { el, setText, show } from './dom.js';

/** @import {Context, Model} from './types.js' */

const KINDS = ['all', 'favorites', 'missed', 'mine', 'record'];

/** The text of an empty list. @param {string} chosen @param {boolean} some */
const emptyKey = (chosen, some) => (some ? '' : { all: 'recent.none', favorites: 'favorite.none' }[chosen] ?? 'history.none');

/** @param {Context} context @param {() => Model} model */
export function createHistoryBar({ t, actions }, model) {
  const inView = () => model().viewed[0];
  const filters = KINDS.map((kind) => el('button', { type: 'button', class: 'filter', 'data-kind': kind, onclick: () => choose(kind) }, t(`history.${kind}`)));
  const bar = el('div', { class: 'filters', role: 'group', 'aria-label': t('dialer.tab.recent') }, ...filters);
  const older = el('button', { type: 'button', class: 'link older', onclick: () => actions.moreCalls() }, t('history.more'));
  const words = el('p', { class: 'empty', role: 'status' });

  /** @param {string} kind */
  function choose(kind) {
    if (kind === 'record') actions.chooseCalls('all', inView()?.id ?? '');
    else actions.chooseCalls(kind);
  }
  return {
    bar, older, words,
    /** @param {boolean} shown */
    update(shown) {
      const { history, view } = model();
      const { kind, record, rows, more, state } = history;
      const chosen = record ? 'record' : kind;
      const all = chosen === 'all' && rows.length === 0 && state === '';
      const some = (view?.favorites ?? []).length > 0;
      show(bar, shown && (!all || some) && view !== null);
      for (const filter of filters) {
        filter.setAttribute('aria-pressed', String(filter.dataset['kind'] === chosen));
        if (filter.dataset['kind'] === 'favorites') show(filter, some || chosen === 'favorites');
        if (filter.dataset['kind'] === 'record') show(filter, record !== '' || inView() !== undefined);
      }
      show(older, shown && more && state !== 'busy');
      const key = { busy: rows.length === 0 ? 'history.busy' : '', failed: 'history.failed' }[state] ?? emptyKey(chosen, rows.length > 0 || (chosen === 'favorites' && some));
      setText(words, shown && key ? t(key) : '');
      show(words, words.textContent !== '');
    },
  };
}
