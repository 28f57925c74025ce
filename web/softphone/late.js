/** A part of the panel that few calls need: fetched when it is first wanted, and tried again. */

import { el } from './dom.js';

/** @import {Component, Model} from './types.js' */

/**
 * @param {(model: Model) => boolean} wanted
 * @param {() => Promise<Component<Model>>} load
 */
export function createLate(wanted, load) {
  const element = el('div', {});
  /** @type {Component<Model>|null} */
  let part = null;
  let loading = false;
  return {
    element,
    /** @param {Model} model */
    async update(model) {
      if (part) return part.update(model);
      if (loading || !wanted(model)) return;
      loading = true;
      try {
        part = await load();
        element.replaceWith(part.element);
        part.update(model);
      } catch (thrown) {
        console.warn('softphone: a part is missing', thrown);
      }
      loading = false;
    },
  };
}
