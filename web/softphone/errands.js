/** What the server asks this page to do in Salesforce besides saving: pops and reads. */

/** @import {CtiError, Driver, Frame} from './types.js' */

const POPS = ['screenPop', 'searchAndScreenPop'];
const READS = ['runApex', 'getCallCenterSettings', 'getSoftphoneLayout', 'getAppViewInfo', 'isSoftphonePanelVisible'];

/**
 * @param {{
 *   driver: Pick<Driver, 'perform'>, send: (frame: Frame) => void,
 *   onPopFailed: (errors: CtiError[]) => void,
 * }} ports
 */
export function createErrands({ driver, send, onPopFailed }) {
  /** @type {Set<string>} */
  const popped = new Set();
  return {
    /** At most once, whatever becomes of it: a second pop would throw the agent off a page. @param {any} frame */
    async pop({ pop_id, call }) {
      if (popped.has(pop_id) || !POPS.includes(call.method)) return;
      popped.add(pop_id);
      const outcome = await driver.perform(call.method, call.args);
      send({ type: 'popped', pop_id });
      if (!outcome.ok) onPopFailed(outcome.errors);
    },
    /** @param {any} frame ask */
    async ask({ ask_id, call }) {
      if (!READS.includes(call.method)) {
        send({ type: 'answer', ask_id, outcome: 'failed', errors: [{ code: 'NOT_A_READ', message: call.method }] });
        return;
      }
      const outcome = await driver.perform(call.method, call.args);
      if (outcome.ok) send({ type: 'answer', ask_id, outcome: 'ok', value: outcome.value });
      else send({ type: 'answer', ask_id, outcome: 'failed', errors: outcome.errors });
    },
  };
}
