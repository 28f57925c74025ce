/**
 * Open CTI for Salesforce Classic, behind the Driver interface of `types.d.ts`.
 *
 * Arguments are positional, replies are `{result, error}`, most results JSON in a string. Outside
 * the console the panel is part of the page: it is reloaded with every navigation, and by anything that reloads the page.
 */

import { asLightning, clickOf, entriesOf, foundOf, parsed, popUrl, recordOf, saveParams } from './classicvalues.js';
import { readReply, thrownOutcome, timed } from './outcome.js';

/** @import {DirectoryEntry, Driver, Outcome} from './types.js' */

const REPLY_MS = 6_000;
const SLOW_REPLY_MS = 20_000;
// Open activities and the activity history, where a Task shows.
const LISTS = ['Activity', 'History'];
const DIRECTORY_PAGE = 1000;
const DIRECTORY_PAGES = 5;

/** @type {Outcome} */
const DONE = { ok: true, value: null };

/** @param {string} what @returns {Outcome<never>} */
const unsupported = (what) => ({ ok: false, errors: [{ code: 'UNSUPPORTED', message: what }], timedOut: false });

/** @typedef {ReturnType<typeof createAsking>} Asking */

/** How Classic is asked: the callback comes last, and a no may be an answer. @param {any} interaction */
function createAsking(interaction) {
  /** @type {Promise<boolean>|undefined} */
  let inConsole;

  /**
   * @param {(callback: (reply: unknown) => void) => void} call
   * @param {(result: any, reply: any) => unknown} [read]
   */
  const ask = (call, read = parsed, ms = REPLY_MS) =>
    timed((callback) => call((reply) => callback(asLightning(reply, read))), ms);
  /** A question whose no is an answer. @param {string} method */
  const asks = (method) =>
    timed((callback) => interaction[method]((/** @type {any} */ reply) => {
      const { result, error } = Object(reply);
      callback(error ? asLightning(reply, parsed) : { success: true, returnValue: result === true || result === 'true' });
    }), REPLY_MS);
  const isInConsole = () => (inConsole ??= asks('isInConsole').then((outcome) => outcome.ok && outcome.value === true));
  /** @param {string} method @param {(info: any) => void} listener */
  const hear = (method, listener) => interaction[method]((/** @type {any} */ reply) => listener(parsed(Object(reply).result)));
  return { ask, asks, isInConsole, hear };
}

/** Click-to-dial and the panel. @param {any} interaction @param {Asking} asking @returns {Pick<Driver, 'probe'|'enable'|'disable'|'showPanel'|'look'|'size'|'ready'>} */
const panelPart = (interaction, { ask, asks, isInConsole }) => ({
  probe: () => asks('isInConsole'),
  enable: () => ask((callback) => interaction.cti.enableClickToDial(callback)),
  disable: () => ask((callback) => interaction.cti.disableClickToDial(callback)),
  // Outside the console the panel stands in the sidebar, and cannot be hidden.
  showPanel: async () => ((await isInConsole()) ? ask((callback) => interaction.setVisible(true, callback)) : DONE),
  // Classic has neither an item nor a head.
  look: async () => DONE,
  async size(height, width) {
    if (width !== null) void ask((callback) => interaction.cti.setSoftphoneWidth(width, callback));
    return height === null ? DONE : ask((callback) => interaction.cti.setSoftphoneHeight(height, callback));
  },
  // It has no callback here.
  async ready() {
    try {
      interaction.cti.notifyInitializationComplete();
      return DONE;
    } catch (thrown) {
      return thrownOutcome(thrown);
    }
  },
});

/** Reads, each by the name that the server knows. @param {any} interaction @param {Asking} asking @returns {Pick<Driver, 'settings'|'layout'|'recordInView'|'perform'>} */
function readPart(interaction, { ask, asks }) {
  const { cti } = interaction;
  const settings = () => ask((callback) => cti.getCallCenterSettings(callback));
  const layout = () => ask((callback) => cti.getSoftphoneLayout(callback));
  const pageInfo = () => ask((callback) => interaction.getPageInfo(callback));
  /** @type {{[method: string]: (args: any) => Promise<Outcome>}} */
  const reads = {
    getCallCenterSettings: settings,
    getSoftphoneLayout: layout,
    isSoftphonePanelVisible: () => asks('isVisible'),
    getAppViewInfo: pageInfo,
    runApex: ({ apexClass, methodName, methodParams }) =>
      ask((callback) => interaction.runApex(apexClass, methodName, methodParams, callback), (result) => ({ runApex: result }), SLOW_REPLY_MS),
  };

  return {
    settings, layout,
    async recordInView() {
      const outcome = await pageInfo();
      return outcome.ok ? { ok: true, value: recordOf(outcome.value) } : outcome;
    },
    perform: async (method, args) => reads[method]?.(args) ?? unsupported(method),
  };
}

/** Records: clicked, looked at, searched, popped. @param {any} interaction @param {Asking} asking @returns {Pick<Driver, 'onClick'|'onNavigation'|'search'|'popFound'|'pop'|'directory'>} */
function recordPart(interaction, { ask, hear }) {
  const { cti } = interaction;
  /** @param {string|null} url */
  const screenPop = async (url, what = '') =>
    url === null ? unsupported(`screenPop ${what}`) : ask((callback) => interaction.screenPop(url, true, callback), parsed, SLOW_REPLY_MS);
  return {
    onClick(listener) {
      cti.onClickToDial((/** @type {unknown} */ reply) => listener(clickOf(reply, Date.now())));
    },
    onNavigation: (listener) => hear('onFocus', (info) => listener(recordOf(info))),
    async search(args) {
      const { searchParams, queryParams = '', callType } = /** @type {any} */ (args);
      const outcome = await ask((callback) => interaction.searchAndGetScreenPopUrl(searchParams, queryParams, callType, callback), foundOf, SLOW_REPLY_MS);
      return /** @type {Outcome<import('./types.js').Found>} */ (outcome);
    },
    popFound: (found) => screenPop(popUrl('URL', found)),
    pop: (type, params) => screenPop(popUrl(type, params), type),
    async directory() {
      /** @type {DirectoryEntry[]} */
      const entries = [];
      let isWhole = false;
      for (let page = 0; page < DIRECTORY_PAGES; page++) {
        // The callback stands in the middle here.
        const outcome = await ask((callback) => cti.getDirectoryNumbers(false, '', callback, page, DIRECTORY_PAGE), parsed, SLOW_REPLY_MS);
        if (!outcome.ok) break;
        entries.push(...entriesOf(outcome.value));
        isWhole = Reflect.get(Object(outcome.value), 'hasNext') !== true;
        if (isWhole) break;
      }
      return { entries, isWhole };
    },
  };
}

/** What Classic does not have. @type {Pick<Driver, 'onWork'|'completeWork'|'subscribe'|'unsubscribe'|'publish'>} */
const MISSING = {
  onWork: () => undefined,
  completeWork: async () => unsupported('completeWork'),
  subscribe: async () => unsupported('subscribe'),
  unsubscribe: async () => unsupported('unsubscribe'),
  publish: async () => unsupported('publish'),
};

/** The call log. @param {any} interaction @param {Asking} asking @returns {Pick<Driver, 'saveLog'|'refresh'>} */
const logPart = (interaction, { ask, isInConsole }) => ({
  saveLog(value, onReply) {
    const { object, params } = saveParams({ ...value });
    const idOf = (/** @type {any} */ result, /** @type {any} */ reply) =>
      ({ recordId: reply.id ?? (typeof result === 'string' && result.length >= 15 ? result : Reflect.get(value, 'Id')) });
    try {
      interaction.saveLog(object, params, (/** @type {unknown} */ reply) => onReply(readReply(asLightning(reply, idOf))));
    } catch (thrown) {
      onReply(thrownOutcome(thrown));
    }
  },
  // refreshPage outside the console would load this panel anew, in the middle of the wrap-up.
  async refresh() {
    if (await isInConsole()) return ask((callback) => interaction.refreshPage(callback));
    await Promise.all(LISTS.map((name) => ask((callback) => interaction.refreshRelatedList(name, callback))));
    return DONE;
  },
});

/** @param {any} interaction `sforce.interaction`, as the library left it @returns {Driver} */
export function classicDriver(interaction) {
  const asking = createAsking(interaction);
  return {
    surface: 'classic', ...panelPart(interaction, asking), ...readPart(interaction, asking), ...recordPart(interaction, asking), ...MISSING, ...logPart(interaction, asking),
  };
}
