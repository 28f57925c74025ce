/**
 * The agent's ended calls, page by page, from the server; the panel shows them between calls.
 *
 * A page may be short or even empty without being the last: the server scans a limited number of calls for
 * one request, and `after` continues from there.
 */

/** @import {CallPage, HistoryQuery, Model, RecentRow} from './types.js' */

const EMPTY_PAGES = 5;

/** The calls in wrap-up: if they change, the list may have changed. @param {Model} model */
const printOf = ({ view, connection }) =>
  JSON.stringify([connection, view?.wrapups.map(({ call_id, record, outcome, talk_seconds, draft }) => [call_id, record?.id, outcome, talk_seconds, draft.who, draft.what])]);

/**
 * @param {Model} model
 * @param {(query: HistoryQuery) => Promise<CallPage|null>} ask
 * @param {() => void} render
 */
export function createCallHistory(model, ask, render) {
  let asked = 0;
  let print = '';
  /** Where the next page begins; null if there is none. @type {unknown} */
  let after = null;

  const isAsked = () => model.history.kind !== 'favorites';

  /** @param {boolean} more @param {(page: CallPage) => void} take */
  async function read(more, take) {
    const mine = ++asked;
    model.history = { ...model.history, state: 'busy' };
    render();
    for (let pages = 0; pages < EMPTY_PAGES; pages++) {
      const { kind, record } = model.history;
      const page = await ask({ kind, ...(record ? { record } : {}), ...(more && after ? { after } : {}) });
      if (mine !== asked) return;
      if (!page) break;
      after = page.after;
      more = true;
      take(page);
      if (page.rows.length > 0 || after === null) return render();
    }
    model.history = { ...model.history, state: 'failed' };
    render();
  }
  /** @param {RecentRow[]} rows */
  const show = (rows) => void (model.history = { ...model.history, rows, more: after !== null, state: '' });
  /** Load the first page in place of the current rows. */
  const reload = () => (isAsked() ? read(false, ({ rows }) => show(rows)) : Promise.resolve(render()));

  return {
    reload,
    more: () => read(true, ({ rows }) => show([...model.history.rows, ...rows])),
    /** @param {string} kind @param {string} [record] the id of the record that all rows must be about */
    choose(kind, record = '') {
      // Favorites are in the view; a pending answer belongs to another list.
      asked++;
      model.history = { ...model.history, kind, record, rows: [], more: false, state: '' };
      return reload();
    },
    /** @param {string} words a name or number, or a part of it @returns {Promise<RecentRow[]>} */
    find: async (words) => (await ask({ kind: 'all', search: words }))?.rows ?? [],
    follow() {
      const before = print;
      print = model.stage === 'live' && model.view ? printOf(model) : print;
      // Known before it is read: reading renders, and that follows again.
      if (print !== before) void reload();
    },
  };
}
