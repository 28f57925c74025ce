/**
 * An outdated page after a deploy reloads itself when it is idle.
 *
 * It does not do so soon after a load: while replicas serve two builds, each would send it to the other.
 */

/** @import {Model} from './types.js' */

const APART_MS = 60_000;

/** @param {Model} model */
const isIdle = ({ view, pending }) => view !== null && view.state === 'idle' && view.wrapups.length === 0 && pending === null;

/** @param {() => void} reload @param {() => number} now milliseconds of a clock that never steps back */
export function createBuildReload(reload, now = () => performance.now()) {
  const loadedAt = now();
  let old = false;
  return {
    told() {
      old = true;
    },
    /** @param {Model} model */
    follow(model) {
      if (!old || !isIdle(model) || now() - loadedAt < APART_MS) return;
      old = false;
      reload();
    },
  };
}
