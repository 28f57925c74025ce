/**
 * Open CTI for Lightning Experience, behind the Driver interface of `types.d.ts`.
 *
 * The library has neither time-outs nor errors of its own; both are added here.
 */

import { readReply, textOf, thrownOutcome, timed } from './outcome.js';

/** @import {Click, Driver, Found, Outcome, RecordRef} from './types.js' */

const REPLY_MS = 6_000;
// A read through Apex, or a search, may take as long as Salesforce permits.
const SLOW_REPLY_MS = 20_000;

/**
 * A record from Open CTI's field names; null if the page shows none.
 * @param {any} payload
 * @returns {RecordRef|null}
 */
export function recordOf(payload) {
  if (!textOf(payload?.recordId)) return null;
  /** @type {[keyof RecordRef, unknown][]} */
  const parts = [
    ['id', payload.recordId],
    ['name', payload.recordName],
    ['object_type', payload.objectType],
    ['account_id', payload.accountId],
    ['contact_id', payload.contactId],
  ];
  const known = parts.map(([name, value]) => [name, textOf(value)]).filter(([, value]) => value);
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
  return { number: textOf(payload?.number), record: recordOf(payload), params: paramsOf(payload?.params), clickedAt };
}

/** One text, whether they come as one, as a list or by their names. @param {any} params */
function paramsOf(params) {
  if (typeof params !== 'object' || params === null) return textOf(params);
  const parts = Array.isArray(params) ? params.map(textOf) : Object.entries(params).map(([name, value]) => `${name}=${textOf(value)}`);
  return parts.filter(Boolean).join(',');
}

/**
 * The matches of a search, by their ids, and beside them what to pop.
 * @param {any} value
 * @returns {Found}
 */
export function foundOf(value) {
  const { SCREEN_POP_DATA: pop, ...rows } = Object(value);
  const records = Object.entries(rows).map(([key, row]) => recordOf({
    recordId: row?.Id ?? key, recordName: row?.Name, objectType: row?.RecordType ?? row?.object,
    contactId: row?.PersonContactId, personAccount: row?.IsPersonAccount,
  }));
  // An empty object says, too, that there is nothing to pop.
  const empty = !pop || (typeof pop === 'object' && Object.keys(pop).length === 0);
  const byId = Object.entries(rows).map(([key, row]) => [textOf(row?.Id) || key, row]);
  return { records: records.filter((record) => record !== null), rows: Object.fromEntries(byId), pop: empty ? null : pop };
}

/** The first that failed, else the last. @param {Promise<Outcome>[]} asked @returns {Promise<Outcome>} */
async function all(asked) {
  const outcomes = await Promise.all(asked);
  return outcomes.find(({ ok }) => !ok) ?? outcomes.at(-1) ?? { ok: true, value: null };
}

/** @typedef {(method: string, args?: object, ms?: number) => Promise<Outcome>} Ask */

/** Click-to-dial, the panel, and what the admin has set. @param {Ask} ask @returns {Pick<Driver, 'probe'|'enable'|'disable'|'showPanel'|'look'|'size'|'ready'|'settings'|'layout'|'perform'>} */
const panelPart = (ask) => ({
  probe: () => ask('isSoftphonePanelVisible'),
  enable: () => ask('enableClickToDial'),
  disable: () => ask('disableClickToDial'),
  showPanel: () => ask('setSoftphonePanelVisibility', { visible: true }),
  look: (label, key) => all([
    ask('setSoftphonePanelLabel', { label }), ask('setSoftphonePanelIcon', { key }),
    ask('setSoftphoneItemIcon', { key }), ask('setSoftphoneItemLabel', { label }),
  ]),
  size: (heightPX, widthPX) => all([
    ...(widthPX === null ? [] : [ask('setSoftphonePanelWidth', { widthPX })]),
    ...(heightPX === null ? [] : [ask('setSoftphonePanelHeight', { heightPX })]),
  ]),
  ready: () => ask('notifyInitializationComplete'),
  settings: () => ask('getCallCenterSettings'),
  layout: () => ask('getSoftphoneLayout'),
  perform: (method, args) => ask(method, args, SLOW_REPLY_MS),
});

/** Records: clicked, looked at, searched, popped. @param {any} opencti @param {Ask} ask @returns {Pick<Driver, 'onClick'|'onNavigation'|'recordInView'|'search'|'popFound'|'pop'>} */
const recordPart = (opencti, ask) => ({
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
    return outcome.ok ? { ok: true, value: recordOf(outcome.value) } : outcome;
  },
  async search(args) {
    const outcome = await ask('searchAndScreenPop', args, SLOW_REPLY_MS);
    return outcome.ok ? { ok: true, value: foundOf(outcome.value) } : outcome;
  },
  popFound: (pop) => ask('screenPop', Object(pop), SLOW_REPLY_MS),
  pop: (type, params) => ask('screenPop', { type: opencti.SCREENPOP_TYPE?.[type] ?? type, params }, SLOW_REPLY_MS),
});

/** Sales Engagement. @param {any} opencti @returns {Pick<Driver, 'onWork'|'completeWork'>} */
const workPart = (opencti) => ({
  onWork(listener) {
    // Orgs without Sales Engagement have no hvs, or one that throws.
    try {
      opencti.hvs.onWorkStart({ listener(/** @type {any} */ told) {
        const { workId, completeWorkWhen, attributes } = Object(told);
        listener({ workId: textOf(workId), to: textOf(attributes?.to), completeWhen: textOf(completeWorkWhen) });
      } });
    } catch {
      return;
    }
  },
  completeWork: (workId, attributes) =>
    timed((callback) => opencti.hvs.completeWork({ workId, attributes, callback }), REPLY_MS),
});

/** Message channels. @param {any} opencti @param {Ask} ask @returns {Pick<Driver, 'subscribe'|'unsubscribe'|'publish'>} */
const channelPart = (opencti, ask) => ({
  async subscribe(channelName, listener) {
    /** @type {any} */
    let told;
    const outcome = await timed((callback) => opencti.subscribe({
      channelName, listener, callback: (/** @type {unknown} */ reply) => callback((told = reply)),
    }), REPLY_MS);
    return outcome.ok ? { ok: true, value: told.subscription ?? told.returnValue?.subscription ?? null } : outcome;
  },
  unsubscribe: (channelName, subscription) => ask('unsubscribe', { channelName, subscription }),
  publish: (channelName, message) => ask('publish', { channelName, message }),
});

/** The call log. @param {any} opencti @returns {Pick<Driver, 'saveLog'|'refresh'>} */
const logPart = (opencti) => ({
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
});

/**
 * @param {any} opencti `sforce.opencti`, as the library left it
 * @returns {Driver}
 */
export function lightningDriver(opencti) {
  const ask = (/** @type {string} */ method, args = {}, ms = REPLY_MS) =>
    timed((callback) => opencti[method]({ ...args, callback }), ms);
  return {
    surface: 'lightning', ...panelPart(ask), ...recordPart(opencti, ask), ...workPart(opencti), ...channelPart(opencti, ask), ...logPart(opencti),
  };
}
