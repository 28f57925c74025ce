/** The server's clock as this page estimates it, and formatted durations. */

/**
 * @param {() => number} now milliseconds of this page's clock
 */
export function createClock(now = Date.now) {
  let offset = 0;
  return {
    /** @param {number} serverNow milliseconds, from a view that has just arrived */
    set(serverNow) {
      offset = serverNow - now();
    },
    now: () => now() + offset,
  };
}

/**
 * @param {number} ms
 * @returns {string} 0:07, 12:30, 1:02:03
 */
export function formatDuration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const rest = two(seconds % 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

/** @param {Date} day @param {Date} today @returns {Intl.DateTimeFormatOptions} */
function styleOf(day, today) {
  if (day.toDateString() === today.toDateString()) return { hour: 'numeric', minute: '2-digit' };
  if (day.getFullYear() === today.getFullYear()) return { month: 'short', day: 'numeric' };
  return { dateStyle: 'short' };
}

/**
 * The time of day if it was today, otherwise the date, with its year if that is another one.
 * @param {number} at @param {number} now @param {string} language
 */
export const formatWhen = (at, now, language) => new Intl.DateTimeFormat(language, styleOf(new Date(at), new Date(now))).format(at);
