/**
 * The page's side of the go gate: offer → accept → go → saveLog → result.
 *
 * Salesforce would silently create a second Task for a second saveLog. So a go is carried out once, only
 * after this page's own accept, and only while that accept is fresh: a tab that was
 * frozen in between must not find an old go still valid. Two clocks judge, since a sleeping
 * machine stops one of them.
 */

import { savedId } from './outcome.js';

/** @import {Driver, Frame, JournalEntry, Outcome} from './types.js' */

const FRESH_MS = 5_000;

/** This page's accepts, each valid for one go and a short time. @param {() => number} wall @param {() => number} steady */
function createAccepts(wall, steady) {
  /** @type {Map<string, {wall: number, steady: number}>} */
  const accepted = new Map();
  return {
    /** A repeated offer must not freshen the accept that an old go, queued behind it, was for. @param {string} logId */
    add(logId) {
      if (!accepted.has(logId)) accepted.set(logId, { wall: wall(), steady: steady() });
    },
    /** @param {string} logId */
    drop: (logId) => void accepted.delete(logId),
    /** @param {string} logId @returns {boolean} whether it was there, and fresh */
    use(logId) {
      const since = accepted.get(logId);
      accepted.delete(logId);
      if (!since) return false;
      return Math.max(wall() - since.wall, steady() - since.steady) <= FRESH_MS && wall() >= since.wall;
    },
  };
}

/** @param {JournalEntry} sent @param {Outcome} outcome @returns {JournalEntry} */
function concluded(sent, outcome) {
  if (!outcome.ok) return { ...sent, state: 'refused', errors: outcome.errors };
  const id = savedId(outcome.value);
  return { ...sent, state: 'ok', ...(id ? { task_id: id } : {}) };
}

/**
 * @param {{
 *   driver: Pick<Driver, 'saveLog'|'refresh'>,
 *   journal: Pick<ReturnType<typeof import('./journal.js').createJournal>, 'put'|'find'|'drop'>,
 *   send: (frame: Frame) => void, complete: (workId: string, attributes: object) => void,
 *   wall?: () => number, steady?: () => number,
 * }} ports `wall` and `steady` give milliseconds; `complete`: work that the Task was for
 */
export function createSaveLog({ driver, journal, send, complete, wall = Date.now, steady = () => performance.now() }) {
  const accepts = createAccepts(wall, steady);
  /** @param {JournalEntry} entry */
  const report = ({ state, at: _at, ...entry }) =>
    send({ type: 'result', outcome: state === 'ok' ? 'ok' : 'refused', ...entry });

  /** Carry out a go, once. @param {JournalEntry} sent @param {any} frame go */
  function save(sent, { call, refresh, work }) {
    journal.put(sent);
    /** @type {JournalEntry|null} */
    let known = null;
    driver.saveLog(call.args, (outcome) => {
      // The server finds out, as after a save without an answer.
      if (!outcome.ok && (outcome.isUnclear || known)) return;
      const entry = concluded(sent, outcome);
      // A second answer matters only if it names another Task, or a Task after a refusal.
      if (known?.state === 'ok' && known.task_id === entry.task_id) return;
      const isFirst = known?.state !== 'ok';
      known = entry;
      journal.put(entry);
      report(entry);
      if (!outcome.ok || !isFirst) return;
      if (refresh) void driver.refresh();
      if (work) complete(work.work_id, { taskId: entry.task_id ?? call.args.Id, ...work.attributes });
    });
  }
  return {
    /** @param {any} frame offer */
    offer({ log_id }) {
      accepts.add(log_id);
      send({ type: 'accept', log_id });
    },
    /** @param {any} frame go */
    go(frame) {
      const { log_id, attempt, nonce } = frame;
      const known = journal.find(log_id, attempt);
      // Already carried out: never again. What is known of it may be told again.
      if (known) return known.state === 'sent' ? undefined : report(known);
      if (!accepts.use(log_id)) return send({ type: 'result', log_id, attempt, nonce, outcome: 'expired' });
      save({ log_id, attempt, nonce, state: 'sent', at: wall() }, frame);
    },
    /** @param {any} frame taken: another page saves it */
    taken: ({ log_id }) => accepts.drop(log_id),
    /** @param {any} frame settled */
    settled: ({ log_id, attempt }) => journal.drop(log_id, attempt),
  };
}
