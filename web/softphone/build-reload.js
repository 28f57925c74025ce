/**
 * An old page after a deploy: it loads itself again, when nothing is going on in it.
 *
 * Not twice in a short time: while replicas of two builds serve, each would send it to the other.
 */

/** @import {Model, Store} from './types.js' */

const KEY = 'softphone/reloaded';
const APART_MS = 60_000;

/** @param {Model} model */
const isIdle = ({ view, pending }) => view !== null && view.state === 'idle' && view.wrapups.length === 0 && pending === null;

/** @param {Store} store @param {() => void} reload @param {() => number} now milliseconds */
export function createBuildReload(store, reload, now = Date.now) {
  let old = false;
  return {
    told() {
      old = true;
    },
    /** @param {Model} model */
    follow(model) {
      if (!old || !isIdle(model) || now() - Number(store.getItem(KEY) ?? 0) < APART_MS) return;
      old = false;
      store.setItem(KEY, String(now()));
      reload();
    },
  };
}
