/** Salesforce's dialogs that the agent opens by a button: a double click opens one, or the same record would be made twice. */

/** @import {CtiError, Outcome} from './types.js' */

const DOUBLE_MS = 1_000;

/**
 * @param {(errors: CtiError[]) => void} onFailed
 * @param {() => number} [now] milliseconds
 */
export function createDialogs(onFailed, now = Date.now) {
  let opening = false;
  let openedAt = -Infinity;
  /** @param {() => Promise<Outcome>} run @returns {Promise<boolean>} whether it opened */
  return async function open(run) {
    if (opening || now() - openedAt < DOUBLE_MS) return false;
    opening = true;
    const outcome = await run();
    opening = false;
    if (outcome.ok) openedAt = now();
    else onFailed(outcome.errors);
    return outcome.ok;
  };
}
