/**
 * The agent's decisions about rows of the tray: each row waits for the outcome.
 *
 * A log that is saved again leaves the view's tray at once, and returns if Salesforce refuses it again. Its
 * row stays meanwhile, so that the agent sees progress.
 */

/** @import {Model, TrayRow} from './types.js' */

const ANSWER_MS = 8_000;
/** As long as the server waits for a save's outcome. */
const SAVE_MS = 30_000;
/** The view with the outcome and the frame that settles the log arrive in either order. */
const LAST_VIEW_MS = 1_000;

/** @typedef {{row: TrayRow, saves: boolean, left: boolean, until: number, settled: Model['settled']}} Waiting */

/** @param {Waiting} entry @param {Model} model @param {boolean} listed @param {number} now @returns {boolean} whether the wait is over */
function isOver(entry, model, listed, now) {
  if (model.stage !== 'live' || (listed && entry.left) || (!listed && !entry.saves)) return true;
  if (!listed && !entry.left) Object.assign(entry, { left: true, until: now + SAVE_MS });
  if (model.settled !== entry.settled && model.settled?.log_id === entry.row.log_id) {
    Object.assign(entry, { settled: model.settled, until: Math.min(entry.until, now + LAST_VIEW_MS) });
  }
  return now >= entry.until;
}

/** @param {() => number} now */
export function createResaving(now) {
  /** @type {Map<string, Waiting>} */
  const waiting = new Map();
  /** @type {string[]} the rows as they were shown last */
  let order = [];
  /** @param {TrayRow} row */
  const place = ({ log_id }) => (order.includes(log_id) ? order.indexOf(log_id) : order.length);
  return {
    /** @param {TrayRow} row @param {boolean} saves @param {Model} model */
    wait(row, saves, model) {
      waiting.set(row.log_id, { row, saves, left: false, until: now() + ANSWER_MS, settled: model.settled });
    },
    /** @param {string} logId */
    isWaiting: (logId) => waiting.has(logId),
    /** @param {string} logId */
    isSaving: (logId) => waiting.get(logId)?.saves === true,
    /** The view's rows, and those that are being saved, each in its place. @param {Model} model @returns {TrayRow[]} */
    rows(model) {
      const tray = model.view?.tray ?? [];
      const listed = new Set(tray.map(({ log_id }) => log_id));
      for (const [logId, entry] of waiting) if (isOver(entry, model, listed.has(logId), now())) waiting.delete(logId);
      const kept = [...waiting.values()].filter(({ row }) => !listed.has(row.log_id)).map(({ row }) => row);
      const rows = [...tray, ...kept].sort((one, other) => place(one) - place(other));
      order = rows.map(({ log_id }) => log_id);
      return rows;
    },
  };
}
