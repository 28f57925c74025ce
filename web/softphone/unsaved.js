/**
 * What the agent typed and no view has confirmed: it is never overwritten, is sent again after a lost
 * connection, and survives a reload of the panel in this tab.
 */

/** @import {Draft, Store} from './types.js' */

/** The prefix of the admin's fields, each of which is stored on its own. */
const ASKED = 'fields.';

/** @param {Draft} draft @param {string} field */
const knownOf = (draft, field) => (field.startsWith(ASKED) ? draft.fields?.[field.slice(ASKED.length)] : Reflect.get(draft, field)) ?? '';

/**
 * @param {Store} store
 * @param {string} key
 */
export function createUnsaved(store, key) {
  /** @returns {{[field: string]: string|boolean}} */
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
    /** As a draft has them. @returns {Draft} */
    fields() {
      const asked = Object.entries(fields).filter(([field]) => field.startsWith(ASKED)).map(([field, value]) => [field.slice(ASKED.length), value]);
      const own = Object.entries(fields).filter(([field]) => !field.startsWith(ASKED));
      return { ...Object.fromEntries(own), ...(asked.length > 0 ? { fields: Object.fromEntries(asked) } : {}) };
    },
    any: () => Object.keys(fields).length > 0,
    /** @param {string} field one of a draft, or `fields.` and the name of one that was asked for @param {string|boolean} value */
    typed(field, value) {
      fields = { ...fields, [field]: value };
      keep();
    },
    /** Forget what the server has confirmed. @param {Draft} draft */
    seen(draft) {
      const left = Object.entries(fields).filter(([field, value]) => knownOf(draft, field) !== value);
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
