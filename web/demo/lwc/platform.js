/**
 * Lightning's modules as our components use them, with nothing that they do not have: a misspelled
 * attribute is an error here, where Salesforce would ignore it or refuse.
 *
 * https://developer.salesforce.com/docs/atlas.en-us.api_console.meta/api_console/sforce_api_console_lwc_updatePanel.htm
 */

import { createApex, exception } from './apex.js';

/** @import {Org} from '../types.js' */

export const UTILITY_ID = '12:0';
/** @type {{[method: string]: string[]}} */
const ATTRIBUTES = {
  updateUtility: ['label', 'icon', 'iconVariant', 'highlighted'],
  updatePanel: ['label', 'icon', 'iconVariant', 'height', 'width'],
  open: ['autoFocus'],
};
/** What each page reference must say, and may. @type {{[type: string]: {must: string[], may: string[]}}} */
const REFERENCES = {
  standard__recordPage: { must: ['recordId', 'actionName'], may: ['objectApiName'] },
  standard__webPage: { must: ['url'], may: [] },
  standard__objectPage: { must: ['objectApiName', 'actionName'], may: [] },
  standard__flow: { must: ['devName'], may: [] },
};

/** @param {string} what @param {object} given @param {string[]} known */
function demand(what, given, known) {
  const strange = Object.keys(given).filter((name) => !known.includes(name));
  if (strange.length > 0) throw new Error(`${what} has no ${strange.join(', ')}`);
}

/** The utility bar's module. @param {Org['panel']} panel */
function createUtilityBar(panel) {
  /** @param {string} method @param {unknown} id @param {any} attributes */
  function check(method, id, attributes = {}) {
    if (id !== UTILITY_ID) throw new Error(`${method}: no utility ${id}`);
    demand(method, attributes, ATTRIBUTES[method] ?? []);
    if (/:/.test(attributes.icon ?? '')) throw new Error(`${method}: an icon is a bare key`);
  }
  return {
    async open(/** @type {string} */ id, /** @type {any} */ options) {
      check('open', id, options);
      panel.show(true);
      return true;
    },
    async getInfo(/** @type {string} */ id) {
      check('open', id);
      return { id, utilityVisible: panel.visible() };
    },
    async updateUtility(/** @type {string} */ id, /** @type {any} */ attributes) {
      check('updateUtility', id, attributes);
      if (attributes.label) panel.label('item', attributes.label);
      if (attributes.icon) panel.icon('item', attributes.icon);
      return true;
    },
    async updatePanel(/** @type {string} */ id, /** @type {any} */ attributes) {
      check('updatePanel', id, attributes);
      if (attributes.label) panel.label('panel', attributes.label);
      if (attributes.icon) panel.icon('panel', attributes.icon);
      for (const part of /** @type {const} */ (['height', 'width'])) if (attributes[part]) panel.size(part, attributes[part]);
      return true;
    },
  };
}

/** Lightning Message Service, for the one channel of ours; a message reaches its sender too. */
function createMessages() {
  /** @type {Set<(message: any) => void>} */
  const listeners = new Set();
  return {
    publish: (/** @type {object} */ message) => listeners.forEach((listener) => listener(structuredClone(message))),
    subscribe(/** @type {(message: any) => void} */ listener) {
      listeners.add(listener);
      return { forget: () => listeners.delete(listener) };
    },
  };
}

/**
 * @param {Org} org @param {(entry: {method: string, args: any}) => void} log
 */
export function createPlatform(org, log) {
  const methods = createApex(org);
  /** @type {Map<string, any[]>} */
  const failures = new Map();
  /** @type {Map<string, any[]>} */
  const answers = new Map();
  /** @type {Map<string, {before: boolean}[]>} */
  const holds = new Map();
  /** @type {{method: string, go: () => void}[]} */
  const held = [];
  /** @type {Set<(reference: any) => void>} */
  const moved = new Set();
  /** @type {any} */
  let reference = null;

  /** As the framework calls Apex: later, by copies, and with a rejection where it throws. @param {string} method @param {any} given */
  async function callApex(method, given) {
    log({ method, args: given });
    const args = structuredClone(given ?? {});
    const failure = failures.get(method)?.shift();
    const answer = answers.get(method)?.shift();
    const hold = holds.get(method)?.shift();
    const act = async () => {
      if (failure) throw failure;
      if (answer) return answer;
      return structuredClone(methods[method]?.(args));
    };
    if (!hold) return act();
    const early = hold.before ? null : act();
    early?.catch(() => undefined);
    await new Promise((resolve) => held.push({ method, go: () => resolve(undefined) }));
    return early ?? act();
  }

  return {
    utilityBar: createUtilityBar(org.panel),
    messages: createMessages(),
    apex: Object.fromEntries(Object.keys(methods).map((name) => [name, (/** @type {any} */ given) => callApex(name, given)])),
    encodeDefaultFieldValues: (/** @type {object} */ values) => new URLSearchParams(Object.entries(values)).toString(),
    notifyRecordUpdateAvailable(/** @type {{recordId: string}[]} */ records) {
      for (const one of records) demand('notifyRecordUpdateAvailable', one, ['recordId']);
      org.refresh();
    },
    navigate(/** @type {any} */ { type, attributes, state = {} }) {
      const known = REFERENCES[type];
      if (!known) throw new Error(`no page type ${type}`);
      demand(type, attributes, [...known.must, ...known.may]);
      for (const name of known.must) if (!attributes[name]) throw new Error(`${type} needs ${name}`);
      // A page's state stands in its address.
      for (const [name, value] of Object.entries(state)) if (typeof value !== 'string') throw new Error(`${name} must be a text`);
      org.pop({ type, params: { ...attributes, ...state }, at: Date.now() });
    },
    /** Where the agent is now, and from now on. @param {(reference: any) => void} listener */
    onMoved(listener) {
      moved.add(listener);
      listener(reference);
      return () => moved.delete(listener);
    },
    /** @param {any} next */
    move(next) {
      reference = next;
      moved.forEach((listener) => listener(next));
    },
    /** @param {string} method @param {any} [how] a rejection of Apex */
    fail(method, how = exception('An internal server error has occurred')) {
      failures.set(method, [...(failures.get(method) ?? []), how]);
    },
    /** What Apex answers in the place of the deed, once. @param {string} method @param {any} answer */
    answer(method, answer) {
      answers.set(method, [...(answers.get(method) ?? []), answer]);
    },
    /** @param {string} method @param {{before?: boolean}} [options] */
    hold(method, { before = false } = {}) {
      holds.set(method, [...(holds.get(method) ?? []), { before }]);
    },
    /** @param {string} method @returns {number} how many answers went out */
    release(method) {
      const ready = held.filter((one) => one.method === method);
      for (const one of ready) {
        held.splice(held.indexOf(one), 1);
        one.go();
      }
      return ready.length;
    },
  };
}

/** @typedef {ReturnType<typeof createPlatform>} Platform */
