/**
 * Our own host component in the utility bar, behind the Driver interface of `types.d.ts`: without a
 * Salesforce library and without Open CTI. Methods that the host lacks answer UNSUPPORTED, as documented
 * (docs/salesforce-without-open-cti.md).
 */

import { clickOf, foundOf, recordOf } from './lightning.js';
import { textOf } from './outcome.js';

/** @import {Driver, Outcome} from './types.js' */
/** @import {HostApi} from './hostport.js' */

const REPLY_MS = 6_000;
// A read through Apex, or a search, may take as long as Salesforce permits.
const SLOW_REPLY_MS = 20_000;

/** @type {Outcome<any>} */
const NOTHING = { ok: true, value: null };

/** @param {string} what @returns {Outcome<never>} */
const unsupported = (what) => ({ ok: false, errors: [{ code: 'UNSUPPORTED', message: what }], timedOut: false });

/** Who was found, as Salesforce's own search would tell it. @param {unknown} rows */
function matches(rows) {
  const found = (Array.isArray(rows) ? rows : []).map((row) => Object(row));
  const [only] = found.length === 1 ? found : [];
  const pop = only ? { type: 'SOBJECT', params: { recordId: only.recordId } } : null;
  return {
    ...foundOf(Object.fromEntries(found.map((row) => [textOf(row.recordId), { Id: row.recordId, Name: row.recordName, object: row.objectType }]))),
    records: found.map(recordOf).filter((record) => record !== null), pop,
  };
}

/** Click-to-dial, the panel, and what the admin has set. @param {HostApi} host @returns {Pick<Driver, 'probe'|'enable'|'disable'|'showPanel'|'look'|'size'|'ready'|'settings'|'layout'|'perform'>} */
const panelPart = ({ ask }) => ({
  probe: () => ask('probe', {}, REPLY_MS),
  enable: () => ask('enable', {}, REPLY_MS),
  disable: () => ask('disable', {}, REPLY_MS),
  showPanel: () => ask('showPanel', {}, REPLY_MS),
  look: (label, icon) => ask('look', { label, icon }, REPLY_MS),
  size: (height, width) => ask('size', { height, width }, REPLY_MS),
  // There is no other page that Salesforce would show instead.
  ready: async () => NOTHING,
  settings: () => ask('settings', {}, SLOW_REPLY_MS),
  layout: async () => NOTHING,
  perform: (method, args) => ask(method, args, SLOW_REPLY_MS),
});

/** Records: clicked, looked at, searched, popped. @param {HostApi} host @returns {Pick<Driver, 'onClick'|'onNavigation'|'recordInView'|'search'|'popFound'|'pop'|'phonesOf'>} */
function recordPart({ ask, on }) {
  /** @param {string} type @param {object} params */
  const pop = (type, params) => ask('pop', { type, params }, SLOW_REPLY_MS);
  return {
    onClick: (listener) => on('click', (payload) => listener(clickOf(payload, Date.now()))),
    onNavigation: (listener) => on('navigation', (payload) => listener(recordOf(payload))),
    async recordInView() {
      const outcome = await ask('recordInView', {}, SLOW_REPLY_MS);
      return outcome.ok ? { ok: true, value: recordOf(outcome.value) } : outcome;
    },
    async search(args) {
      const outcome = await ask('search', { number: Reflect.get(args, 'searchParams') }, SLOW_REPLY_MS);
      return outcome.ok ? { ok: true, value: matches(outcome.value) } : outcome;
    },
    popFound: (found) => pop(textOf(Object(found).type), Object(Object(found).params)),
    pop,
    phonesOf: (recordId) => ask('phonesOf', { recordId }, SLOW_REPLY_MS),
  };
}

/** Our own message channel; Sales Engagement has no way in here. @param {HostApi} host @returns {Pick<Driver, 'subscribe'|'unsubscribe'|'publish'|'onWork'|'completeWork'>} */
const channelPart = ({ ask, on }) => ({
  subscribe(channel, listener) {
    on('channel', listener);
    return ask('subscribe', { channel }, REPLY_MS);
  },
  unsubscribe: (channel) => ask('unsubscribe', { channel }, REPLY_MS),
  publish: (channel, message) => ask('publish', { channel, message }, REPLY_MS),
  onWork: () => undefined,
  completeWork: async () => unsupported('completeWork'),
});

/** The call log, by key. @param {HostApi} host @returns {Pick<Driver, 'saveLog'|'refresh'>} */
function logPart({ ask }) {
  /** @type {string[]} the records that the last save is about */
  let about = [];
  return {
    async saveLog(value, onReply) {
      const { WhoId, WhatId } = Object(Object(value).fields);
      const outcome = await ask('saveCall', value);
      if (outcome.ok) about = [WhoId, WhatId, outcome.value?.recordId].map(textOf).filter(Boolean);
      onReply(outcome);
    },
    refresh: () => ask('refresh', { recordIds: about }, REPLY_MS),
  };
}

/** @param {HostApi} host @returns {Driver} */
export const lwcDriver = (host) => ({
  surface: 'lwc', ...panelPart(host), ...recordPart(host), ...channelPart(host), ...logPart(host),
});
