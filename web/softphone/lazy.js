/** A part of the panel that few calls need: loaded on first use, and retried. */

import { el } from './dom.js';

/** @import {Component, Model} from './types.js' */

/** @type {Promise<unknown>|undefined} */
let style;
/** The style sheet of late parts: loaded once; they work without it, too. */
export const loadStyle = () => (style ??= new Promise((resolve) => {
  document.head.append(el('link', { rel: 'stylesheet', href: new URL('rare.css', import.meta.url).href, onload: resolve, onerror: resolve }));
}));

/**
 * @param {(model: Model) => boolean} wanted
 * @param {() => Promise<Component<Model>>} load
 */
export function createLazy(wanted, load) {
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
