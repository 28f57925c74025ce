/** What the server asks this page to do in Salesforce besides saving: pops and reads. */

/** @import {Centre} from './centre.js' */
/** @import {CtiError, Driver, Found, Frame, Layout, Outcome, RecordRef} from './types.js' */

const READS = ['runApex', 'getCallCenterSettings', 'getSoftphoneLayout', 'getAppViewInfo', 'isSoftphonePanelVisible'];
const OFFERED = 10;
// Salesforce refuses to search for less.
const SHORTEST = 3;
/** @type {{[callType: string]: string}} */
const PARTS = { inbound: 'Inbound', outbound: 'Outbound', internal: 'Internal' };

/** Whether the layout has any object to search in for such a call. @param {Layout|null} layout @param {string} callType */
const isSearched = (layout, callType) => {
  const objects = layout?.[PARTS[callType] ?? '']?.objects;
  return !objects || Object.keys(objects).length > 0;
};

/** A dialog for a new record: it would cover the buttons of a call that rings. @param {any} pop */
export const isDialog = (pop) => ['newrecord', 'new_record_modal'].includes(String(pop?.type ?? '').toLowerCase());

/** @param {{[rule: string]: string}} rules @param {RecordRef[]} records */
export const ruleFor = (rules, records) => rules[records.length === 0 ? 'none' : records.length === 1 ? 'one' : 'many'] ?? '';

/**
 * @param {{
 *   driver: Pick<Driver, 'perform'|'search'|'pop'|'popFound'|'showPanel'>, send: (frame: Frame) => void,
 *   isRinging: (callId: string) => boolean, layout: () => Layout|null,
 *   centre: () => Pick<Centre, 'lookUp'|'pops'>|null,
 *   onPopFailed: (errors: CtiError[]) => void, onOffer: (callId: string, run: () => void) => void,
 * }} ports `onOffer`: a dialog that the agent may open when it rings no longer
 */
export function createErrands({ driver, send, isRinging, layout, centre, onPopFailed, onOffer }) {
  /** @type {Set<string>} */
  const popped = new Set();
  /** @type {Set<string>} */
  const searched = new Set();

  /** By the admin's own Apex class, if there is one and it answers; else by Salesforce's search. @param {any} args @returns {Promise<Outcome<Found>>} */
  async function find(args) {
    const { lookUp = '' } = centre() ?? {};
    const found = lookUp ? await (await import('./pops.js')).askApex(driver, lookUp, args, onPopFailed) : null;
    if (found) return found;
    return driver.search(args);
  }

  /** Search by number, tell what was found. @param {string} callId @param {any} args @returns {Promise<(() => Promise<Outcome>)|null>} the pop that is due */
  async function search(callId, args) {
    if (searched.has(callId) || args.searchParams.length < SHORTEST || !isSearched(layout(), args.callType)) return null;
    searched.add(callId);
    const outcome = await find(args);
    if (!outcome.ok) {
      onPopFailed(outcome.errors);
      return null;
    }
    const { records, pop } = outcome.value;
    send({ type: 'matches', call_id: callId, records: records.slice(0, OFFERED) });
    const rule = ruleFor(centre()?.pops ?? {}, records) || (pop || !centre()?.lookUp || records.length !== 1 ? '' : 'record');
    // Only where an admin has set a rule.
    const own = rule ? (await import('./pops.js')).popOf(rule, { number: args.searchParams, records }) : null;
    if (rule ? !own : !pop) return null;
    const run = () => (own ? driver.pop(own.type, own.params) : driver.popFound(pop));
    if (!isDialog(own ?? pop)) return run;
    onOffer(callId, async () => {
      const opened = await run();
      if (!opened.ok) onPopFailed(opened.errors);
    });
    return null;
  }

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
    identify: (callId, number) =>
      search(callId, { searchParams: number, callType: 'outbound', queryParams: '', defaultFieldValues: {}, deferred: true }),
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
