/**
 * Click-to-dial of this tab, on or off.
 *
 * Enable and disable may be answered out of order, so only one is in flight at a time. After its answer,
 * the latest wanted state is sent if it differs. Failures are retried.
 */

/** @import {Outcome} from './types.js' */

const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

/**
 * @param {{
 *   enable: () => Promise<Outcome>, disable: () => Promise<Outcome>,
 *   onChange: (on: boolean) => void, onError: (outcome: Outcome) => void,
 *   later?: (run: () => void, ms: number) => void,
 * }} ports `onChange` gets only confirmed states
 */
export function createToggle({ enable, disable, onChange, onError, later = setTimeout }) {
  // Unknown after a load, because the tab may remember what an earlier load has set.
  /** @type {boolean|undefined} */
  let confirmed;
  /** @type {boolean|undefined} */
  let wanted;
  let busy = false;
  let failures = 0;

  async function settle() {
    if (busy || wanted === undefined || wanted === confirmed) return;
    busy = true;
    const target = wanted;
    const outcome = await (target ? enable() : disable());
    if (outcome.ok) {
      failures = 0;
      confirmed = target;
      onChange(target);
    } else {
      confirmed = undefined;
      onError(outcome);
      const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0;
      await new Promise((resolve) => later(() => resolve(undefined), wait));
    }
    busy = false;
    await settle();
  }

  return {
    /** @param {boolean} on */
    want(on) {
      wanted = on;
      void settle();
    },
  };
}
