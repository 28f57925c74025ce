/**
 * Where a page inside somebody else's page may keep something.
 *
 * A browser that blocks third-party cookies may deny localStorage and sessionStorage to a
 * cross-site iframe altogether; a Partitioned cookie is then the only thing that outlives a reload.
 * It holds ids alone and travels to our own /softphone addresses only; what an agent typed is never
 * put there.
 */

/** @import {Store} from './types.js' */

const KEEP_SECONDS = 7 * 24 * 3600;
const ATTRIBUTES = 'Path=/softphone; Secure; SameSite=None; Partitioned';

/**
 * For pages that are denied everything; it lives as long as the page.
 * @returns {Store}
 */
export function memoryStore() {
  /** @type {Map<string, string>} */
  const items = new Map();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/**
 * A store of cookies, one an item. An item of more than 4 kB does not stick: what it replaces stays.
 * @param {{cookie: string}} page
 * @returns {Store}
 */
export function cookieStore(page) {
  /** @returns {[string, string][]} */
  const items = () =>
    page.cookie.split('; ').filter(Boolean).flatMap((pair) => {
      const at = pair.indexOf('=');
      try {
        return [[decodeURIComponent(pair.slice(0, at)), decodeURIComponent(pair.slice(at + 1))]];
      } catch {
        // Another program wrote it, on the same host.
        return [];
      }
    });
  return {
    get length() {
      return items().length;
    },
    key: (index) => items()[index]?.[0] ?? null,
    getItem: (wanted) => items().find(([key]) => key === wanted)?.[1] ?? null,
    setItem(key, value) {
      page.cookie = `${encodeURIComponent(key)}=${encodeURIComponent(value)}; Max-Age=${KEEP_SECONDS}; ${ATTRIBUTES}`;
    },
    removeItem(key) {
      page.cookie = `${encodeURIComponent(key)}=; Max-Age=0; ${ATTRIBUTES}`;
    },
  };
}

/** Whether a store really keeps what it is given. @param {() => Store} open @returns {Store|null} */
export function usable(open) {
  try {
    const store = open();
    store.setItem('softphone/test', '1');
    const kept = store.getItem('softphone/test') === '1';
    store.removeItem('softphone/test');
    return kept ? store : null;
  } catch {
    return null;
  }
}

/** For ids that must outlive a reload. */
export const journalStore = () =>
  usable(() => localStorage) ?? usable(() => cookieStore(document)) ?? memoryStore();

/** For what the agent typed, in this tab alone. */
export const draftStore = () => usable(() => sessionStorage) ?? memoryStore();
