/**
 * Whether this page was asleep when an event occurred.
 *
 * When a frozen tab wakes, it handles old clicks, but by then nobody expects a call. An awake page ticks, so
 * a click long after the last tick is as old as that tick.
 */

const ASLEEP_MS = 10_000;

/** @param {() => number} now milliseconds */
export function createWakeDetector(now = () => Date.now()) {
  let alive = now();
  return {
    tick() {
      alive = now();
    },
    /** The latest possible time of a click that is reported now. */
    since: () => (now() - alive > ASLEEP_MS ? alive : now()),
  };
}
