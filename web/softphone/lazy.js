/** A part of the panel that few calls need: loaded on first use, and again some time after a failure. */

import { el } from './dom.js';

/** @import {Component, Model} from './types.js' */

/** @type {Promise<unknown>|undefined} */
let style;
/** The style sheet of late parts: loaded once; they work without it, too. */
export const loadStyle = () => (style ??= new Promise((resolve) => {
  document.head.append(el('link', { rel: 'stylesheet', href: new URL('rare.css', import.meta.url).href, onload: resolve, onerror: resolve }));
}));

/** The panel is drawn twice a second, and during a deploy each attempt may be a dozen requests. */
const AGAIN_MS = 15_000;

/** When to load again what could not be loaded. @param {() => number} now milliseconds of a clock that never steps back */
export function createRetry(now = () => performance.now()) {
  let failedAt = -Infinity;
  return {
    isDue: () => now() - failedAt >= AGAIN_MS,
    /** @param {unknown} thrown */
    failed(thrown) {
      console.warn('softphone: a part is missing', thrown);
      failedAt = now();
    },
  };
}

/**
 * @param {(model: Model) => boolean} wanted
 * @param {() => Promise<Component<Model>>} load
 * @param {() => number} [now] milliseconds of a clock that never steps back
 */
export function createLazy(wanted, load, now) {
  const element = el('div', {});
  /** @type {Component<Model>|null} */
  let part = null;
  let loading = false;
  const retry = createRetry(now);
  return {
    element,
    /** @param {Model} model */
    async update(model) {
      if (part) return part.update(model);
      if (loading || !retry.isDue() || !wanted(model)) return;
      loading = true;
      try {
        part = await load();
        element.replaceWith(part.element);
        part.update(model);
      } catch (thrown) {
        retry.failed(thrown);
      }
      loading = false;
    },
  };
}
