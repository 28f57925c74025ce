/**
 * An old page after a deploy: it loads itself again, when nothing is going on in it.
 *
 * Not at once after it was loaded: while replicas of two builds serve, each would send it to the other.
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
