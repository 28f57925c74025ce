/**
 * Whether this page was asleep when something happened to it.
 *
 * A frozen tab runs, when it wakes, what was clicked before: by then nobody expects a call. A page
 * that is awake ticks; a click that comes long after the last tick is as old as that tick.
 */

const ASLEEP_MS = 10_000;

/** @param {() => number} now milliseconds */
export function createWakeDetector(now = () => Date.now()) {
  let alive = now();
  return {
    tick() {
      alive = now();
    },
    /** When a click that is told now was made, at the latest. */
    since: () => (now() - alive > ASLEEP_MS ? alive : now()),
  };
}
