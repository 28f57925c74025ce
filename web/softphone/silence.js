/**
 * Notices a connection that has died without being closed.
 *
 * Browsers do not show ping frames, so the server sends a `ping` every 15 seconds. Whoever has received
 * one and then receives nothing for longer has lost the connection, even if it looks open.
 */

export const SILENT_MS = 40_000;

/** @param {() => void} onSilent */
export function createSilence(onSilent) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    stop,
    /** Something was received. An older server sends no pings, so the first one starts the watch. @param {boolean} isPing */
    heard(isPing) {
      if (timer === undefined && !isPing) return;
      clearTimeout(timer);
      timer = setTimeout(onSilent, SILENT_MS);
    },
  };
}
