/** The server's requests to this page other than saves: pops and reads. */

import { isSearched, partOf, selectedFields } from './layout.js';
import { NOTHING_NAMED, searchArgs } from './prefill.js';

/** @import {CallCenterSettings} from './call-center.js' */
/** @import {Caller} from './prefill.js' */
/** @import {CtiError, Driver, Found, Frame, Layout, Outcome, RecordRef} from './types.js' */

const READS = ['runApex', 'getCallCenterSettings', 'getSoftphoneLayout', 'getAppViewInfo', 'isSoftphonePanelVisible'];
const OFFERED = 10;
// Salesforce refuses shorter searches.
const SHORTEST = 3;
/** A dialog for a new record: it would cover the buttons of a call that rings. @param {any} pop */
const isDialog = (pop) => ['newrecord', 'new_record_modal'].includes(String(pop?.type ?? '').toLowerCase());

/** @param {{[rule: string]: string}} rules @param {RecordRef[]} records */
export const ruleFor = (rules, records) => rules[records.length === 0 ? 'none' : records.length === 1 ? 'one' : 'many'] ?? '';

/**
 * @typedef {{
 *   driver: Pick<Driver, 'perform'|'search'|'pop'|'popFound'|'showPanel'>, send: (frame: Frame) => void,
 *   isRinging: (callId: string) => boolean, layout: () => Layout|null,
 *   callCenter: () => Pick<CallCenterSettings, 'lookUp'|'pops'|'prefill'>|null,
 *   callerOf: (callId: string, number: string) => Caller,
 *   onFound?: (fields: ReturnType<typeof selectedFields>) => void,
 *   onPopFailed: (errors: CtiError[]) => void, onOffer: (callId: string, run: Run) => void,
 * }} Ports `onOffer`: a dialog that the agent may open when it rings no longer
 */

/** @typedef {() => Promise<Outcome>} Run */

/** Search by number, once a call. @param {Ports} ports */
function createSearch({ driver, send, layout, callCenter, callerOf, onFound, onPopFailed, onOffer }) {
  /** @type {Set<string>} */
  const searched = new Set();

  /** By the admin's own Apex class, if there is one and it answers; else by Salesforce's search. @param {any} args @returns {Promise<Outcome<Found>>} */
  async function find(args) {
    const { lookUp = '' } = callCenter() ?? {};
    const found = lookUp ? await (await import('./pops.js')).askApex(driver, lookUp, args, onPopFailed) : null;
    return found ?? driver.search(args);
  }
  /** What is due for what was found: the admin's rule before the layout's. @param {Found} found @param {Caller} caller @returns {Promise<{pop: unknown, run: Run}|null>} */
  async function dueFor({ records, pop }, caller) {
    const { lookUp = '', pops = {}, prefill = NOTHING_NAMED } = callCenter() ?? {};
    const rule = ruleFor(pops, records) || (pop || !lookUp || records.length !== 1 ? '' : 'record');
    if (!rule) return pop ? { pop, run: () => driver.popFound(pop) } : null;
    const own = (await import('./pops.js')).popOf(rule, { caller, records, prefill });
    return own && { pop: own, run: () => driver.pop(own.type, own.params) };
  }

  /** @param {string} callId @param {any} told arguments of searchAndScreenPop @returns {Promise<Run|null>} the pop that is due */
  return async function search(callId, told) {
    const part = partOf(layout(), told.callType);
    if (searched.has(callId) || told.searchParams.length < SHORTEST || !isSearched(part)) return null;
    searched.add(callId);
    const caller = callerOf(callId, told.searchParams);
    const args = searchArgs(told, callCenter()?.prefill ?? NOTHING_NAMED, caller, part);
    const outcome = await find(args);
    if (!outcome.ok) {
      onPopFailed(outcome.errors);
      return null;
    }
    send({ type: 'matches', call_id: callId, records: outcome.value.records.slice(0, OFFERED) });
    onFound?.(selectedFields(outcome.value, part));
    const due = await dueFor(outcome.value, caller);
    if (!due || !isDialog(due.pop)) return due?.run ?? null;
    onOffer(callId, due.run);
    return null;
  };
}

/** @param {Ports} ports */
export function createServerRequests(ports) {
  const { driver, send, isRinging, onPopFailed } = ports;
  /** @type {Set<string>} */
  const popped = new Set();
  const search = createSearch(ports);

  return {
    /** At most once, whatever becomes of it: a second pop would throw the agent off a page. @param {any} frame */
    async pop({ pop_id, call }) {
      if (popped.has(pop_id)) return;
      popped.add(pop_id);
      void driver.showPanel();
      if (!call) return;
      const pop = await search(pop_id, call.args);
      if (!pop || !isRinging(pop_id)) return;
      const outcome = await pop();
      send({ type: 'popped', pop_id });
      if (!outcome.ok) onPopFailed(outcome.errors);
    },
    /** Who is behind a number that this page's agent typed? @param {string} callId @param {string} number */
    identify: (callId, number) => search(callId, { searchParams: number, callType: 'outbound', deferred: true }),
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
