/**
 * What the agent typed and no view has shown back: it is never overwritten, it is sent again after a
 * lost connection, and it outlives a reload of the panel in this tab.
 */

/** @import {Draft, DraftField, Store} from './types.js' */

/**
 * @param {Store} store
 * @param {string} key
 */
export function createUnsaved(store, key) {
  /** @returns {Draft} */
  const load = () => {
    try {
      return JSON.parse(store.getItem(key) ?? '{}');
    } catch {
      return {};
    }
  };
  let fields = load();
  const keep = () =>
    Object.keys(fields).length > 0 ? store.setItem(key, JSON.stringify(fields)) : store.removeItem(key);
  return {
    fields: () => ({ ...fields }),
    any: () => Object.keys(fields).length > 0,
    /** @param {DraftField|'follow_up'} field @param {string|boolean} value */
    typed(field, value) {
      fields = { ...fields, [field]: value };
      keep();
    },
    /** Forget what the server knows too. @param {Draft} draft */
    seen(draft) {
      const left = Object.entries(fields).filter(([field, value]) => (Reflect.get(draft, field) ?? '') !== value);
      if (left.length === Object.keys(fields).length) return;
      fields = Object.fromEntries(left);
      keep();
    },
    forget() {
      fields = {};
      keep();
    },
  };
}
