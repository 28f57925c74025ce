/** The Tasks of the demo org: one key each in this origin's storage, so that its tabs share them. */

/** @import {Task} from './types.js' */
/** @import {Store} from '../softphone/types.js' */

const PREFIX = 'demo-org/task/';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** @param {Store} store @param {() => number} now milliseconds */
export function createTasks(store, now = Date.now) {
  const keys = () =>
    Array.from({ length: store.length }, (_, index) => store.key(index) ?? '').filter((key) => key.startsWith(PREFIX));
  return {
    /** @returns {Task[]} oldest first */
    all() {
      return keys()
        .map((key) => JSON.parse(store.getItem(key) ?? 'null'))
        .filter(Boolean)
        .sort((a, b) => a.order - b.order)
        .map(({ task }) => task);
    },
    /** @param {Task} task */
    put(task) {
      const key = PREFIX + task.Id;
      const before = JSON.parse(store.getItem(key) ?? 'null');
      store.setItem(key, JSON.stringify({ order: before?.order ?? now(), task }));
    },
    /** Random, so that two tabs never make the same. */
    newId() {
      const random = crypto.getRandomValues(new Uint8Array(12));
      return `00T${Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join('')}AAA`;
    },
    clear() {
      for (const key of keys()) store.removeItem(key);
    },
  };
}
