/**
 * Storage for a page inside another site's page.
 *
 * A browser that blocks third-party cookies may deny localStorage and sessionStorage to a
 * cross-site iframe altogether; then only a Partitioned cookie survives a reload. It contains only
 * ids and is sent only to our own /softphone addresses; what an agent typed is never put there.
 */

/** @import {Store} from './types.js' */

const KEEP_SECONDS = 7 * 24 * 3600;
const ATTRIBUTES = 'Path=/softphone; Secure; SameSite=None; Partitioned';

/**
 * For pages without any storage; it lives as long as the page.
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
 * A store in cookies, one per item. An item of more than 4 kB is not stored: the old one stays.
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
        // Another program on the same host wrote it.
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
      if (this.getItem(key) === null) return;
      page.cookie = `${encodeURIComponent(key)}=; Max-Age=0; ${ATTRIBUTES}`;
    },
  };
}

/** The store, where the browser lets us have it. @param {() => Store} open @returns {Store[]} */
function opened(open) {
  try {
    const store = open();
    void store.length;
    return [store];
  } catch {
    return [];
  }
}

/** @param {Store} store @param {string} key @param {string} value @returns {boolean} whether it really keeps it */
function keeps(store, key, value) {
  try {
    store.setItem(key, value);
  } catch {
    // Full: https://html.spec.whatwg.org/multipage/webstorage.html#dom-storage-setitem
  }
  return store.getItem(key) === value;
}

/**
 * One store of several, the most lasting first: an item goes to the first that takes it, and to
 * the page's memory when all are full. A full one still tells what it has, and of an item that it
 * could not replace the older word; so the least lasting store that knows an item has the latest.
 * @param {(() => Store)[]} opens
 * @param {() => void} onFleeting told once, when an item is in the page's memory alone
 * @returns {Store}
 */
export function layered(opens, onFleeting = () => {}) {
  let told = false;
  const stores = [...opens.flatMap(opened), memoryStore()];
  const latestFirst = [...stores].reverse();
  const keys = () => [...new Set(stores.flatMap((store) =>
    Array.from({ length: store.length }, (_, index) => store.key(index) ?? '')))];
  return {
    get length() {
      return keys().length;
    },
    key: (index) => keys()[index] ?? null,
    getItem: (key) => latestFirst.map((store) => store.getItem(key)).find((value) => value !== null) ?? null,
    setItem(key, value) {
      const kept = stores.findIndex((store) => keeps(store, key, value));
      for (const store of stores.slice(kept + 1)) store.removeItem(key);
      if (told || kept < stores.length - 1) return;
      told = true;
      onFleeting();
    },
    removeItem(key) {
      for (const store of stores) store.removeItem(key);
    },
  };
}

/** For ids that must outlive a reload. @param {() => void} [onFleeting] told once, when one would not */
export const journalStore = (onFleeting) => layered([() => localStorage, () => cookieStore(document)], onFleeting);

/** For what the agent typed, in this tab alone. */
export const draftStore = () => layered([() => sessionStorage]);
