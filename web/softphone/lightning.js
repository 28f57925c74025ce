/**
 * Open CTI for Lightning Experience, behind the Driver interface of `types.d.ts`.
 *
 * The library has no time-outs and no errors of its own: both are added here.
 */

import { readReply, thrownOutcome, timed } from './outcome.js';

/** @import {Click, Driver, RecordRef} from './types.js' */

const REPLY_MS = 6_000;
// A read through Apex, or a search, runs as long as Salesforce lets it.
const SLOW_REPLY_MS = 20_000;

/**
 * A record as Open CTI names its parts, in our own names; null when the page shows none.
 * @param {any} payload
 * @returns {RecordRef|null}
 */
export function recordOf(payload) {
  if (!payload?.recordId) return null;
  /** @type {[keyof RecordRef, unknown][]} */
  const parts = [
    ['id', payload.recordId],
    ['name', payload.recordName],
    ['object_type', payload.objectType],
    ['account_id', payload.accountId],
    ['contact_id', payload.contactId],
  ];
  const known = parts.filter(([, value]) => value).map(([name, value]) => [name, String(value)]);
  // Some releases send the flag as text.
  const person = payload.personAccount === true || payload.personAccount === 'true';
  return { ...Object.fromEntries(known), ...(person ? { person_account: true } : {}) };
}

/**
 * @param {any} payload of onClickToDial; `number` is the raw field value
 * @param {number} clickedAt milliseconds, this page's clock
 * @returns {Click}
 */
export function clickOf(payload, clickedAt) {
  const params = payload?.params;
  return {
    number: String(payload?.number ?? ''),
    record: recordOf(payload),
    params: Array.isArray(params) ? params.join(',') : String(params ?? ''),
    clickedAt,
  };
}

/**
 * @param {any} opencti `sforce.opencti`, as the library left it
 * @returns {Driver}
 */
export function lightningDriver(opencti) {
  const ask = (/** @type {string} */ method, args = {}, ms = REPLY_MS) =>
    timed((callback) => opencti[method]({ ...args, callback }), ms);
  return {
    probe: () => ask('isSoftphonePanelVisible'),
    enable: () => ask('enableClickToDial'),
    disable: () => ask('disableClickToDial'),
    onClick(listener) {
      opencti.onClickToDial({
        listener: (/** @type {unknown} */ payload) => listener(clickOf(payload, Date.now())),
      });
    },
    onNavigation(listener) {
      opencti.onNavigationChange({
        listener: (/** @type {unknown} */ payload) => listener(recordOf(payload)),
      });
    },
    async recordInView() {
      const outcome = await ask('getAppViewInfo');
      return outcome.ok ? recordOf(outcome.value) : null;
    },
    showPanel: () => ask('setSoftphonePanelVisibility', { visible: true }),
    nameItem: (label) => ask('setSoftphoneItemLabel', { label }),
    ready: () => ask('notifyInitializationComplete'),
    saveLog(value, onReply) {
      try {
        opencti.saveLog({
          value,
          callback: (/** @type {unknown} */ reply) => onReply(readReply(reply)),
        });
      } catch (thrown) {
        onReply(thrownOutcome(thrown));
      }
    },
    // Not ask(): refreshView takes nothing at all, or it throws.
    async refresh() {
      try {
        opencti.refreshView();
        return { ok: true, value: null };
      } catch (thrown) {
        return thrownOutcome(thrown);
      }
    },
    perform: (method, args) => ask(method, args, SLOW_REPLY_MS),
  };
}
