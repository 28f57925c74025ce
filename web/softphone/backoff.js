/** How long to wait before the next connection: full jitter, so that a crowd does not return at once. */

const BASE_MS = 500;
const CAP_MS = 20_000;

/**
 * @param {number} failures connections that failed in a row
 * @param {() => number} random 0 up to 1
 * @returns {number} milliseconds, anywhere between 0 and the ceiling
 */
export function reconnectDelay(failures, random = Math.random) {
  return Math.round(random() * Math.min(CAP_MS, BASE_MS * 2 ** failures));
}
