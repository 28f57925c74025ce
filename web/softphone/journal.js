/**
 * What this browser knows about its saveLogs, kept until the server has settled each.
 *
 * An entry is written before saveLog is called, so a page that is reloaded in between still reports that
 * a save may be under way. Every org shares the storage of force.com, so keys carry org and user.
 */

/** @import {JournalEntry, Store, User} from './types.js' */

const PREFIX = 'softphone/journal';
const KEEP_MS = 7 * 24 * 3_600_000;

/**
 * @param {string} text
 * @returns {JournalEntry|null}
 */
function parseEntry(text) {
  try {
    const entry = JSON.parse(text);
    return typeof entry?.log_id === 'string' && typeof entry.at === 'number' ? entry : null;
  } catch {
    return null;
  }
}

/**
 * @param {Store} store
 * @param {User} user
 */
export function createJournal(store, user) {
  const home = `${PREFIX}/${user.org_id}/${user.user_id}/`;
  const keyOf = (/** @type {string} */ logId, /** @type {number} */ attempt) =>
    `${home}${logId}/${attempt}`;

  /** @returns {[string, string][]} */
  const rows = () =>
    Array.from({ length: store.length }, (_, index) => store.key(index) ?? '')
      .filter((key) => key.startsWith(home))
      .map((key) => [key, store.getItem(key) ?? '']);

  return {
    /** @param {JournalEntry} entry */
    put(entry) {
      store.setItem(keyOf(entry.log_id, entry.attempt), JSON.stringify(entry));
    },
    /** @param {string} logId @param {number} attempt */
    find(logId, attempt) {
      return parseEntry(store.getItem(keyOf(logId, attempt)) ?? '');
    },
    /** @param {string} logId @param {number} attempt */
    drop(logId, attempt) {
      store.removeItem(keyOf(logId, attempt));
    },
    /**
     * All unsettled entries, for `hello`. Invalid ones and those older than a week are removed.
     * @param {number} now milliseconds
     * @returns {JournalEntry[]}
     */
    unsettled(now) {
      /** @type {JournalEntry[]} */
      const entries = [];
      for (const [key, text] of rows()) {
        const entry = parseEntry(text);
        if (entry && now - entry.at < KEEP_MS) entries.push(entry);
        else store.removeItem(key);
      }
      return entries.sort((a, b) => a.at - b.at);
    },
  };
}
