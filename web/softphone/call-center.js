/**
 * What the admin has set for this softphone in the call center's definition file.
 *
 * It may contain any text: invalid items are reported and ignored. It must not contain secrets, because
 * every user's page can read all of it.
 */

import { LANGUAGES, chooseLanguage } from './strings.js';

/** @import {Prefill} from './prefill.js' */
/** @import {Frame} from './types.js' */

/**
 * @typedef {{
 *   policy: {[name: string]: unknown}, taskFields: {[field: string]: string},
 *   publish: string, listen: string, lookUp: string, search: string, width: number|null,
 *   height: number|null, ringProfiles: string[], pops: {[rule: string]: string}, prefill: Prefill, problems: string[],
 * }} CallCenterSettings
 */

const LONGEST_WRAP_UP = 3600;
// An address must be in the org itself: Salesforce pops no other, and the file is untrusted text.
const POP = /^(?:none|record|search|url:\/(?![/\\])\S*|(?:home|list|new|flow):\S.*)$/;
const ID = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/;

/** @param {string} text */
const words = (text) => text.split(/[,;\n]/).map((word) => word.trim()).filter(Boolean);

/** @param {RegExp} rule @returns {(text: string) => string|undefined} undefined: of no use */
const like = (rule) => (text) => (rule.test(text) ? text : undefined);
/** @param {number} least @param {number} most @returns {(text: string) => number|undefined} */
const between = (least, most) => (text) => (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined);

/**
 * Fields with what is to stand in them, parted by ";". A value is cut at nothing else: it may hold "=",
 * and a part without a name of its own belongs to the value before it (A;B of a multi-select picklist).
 * @param {string} text @returns {{[field: string]: string}|undefined}
 */
function fieldsOf(text) {
  const parts = text.split(/[;\n]/.test(text) ? /[;\n]/ : /,(?=\s*[A-Za-z]\w*\s*=)/);
  /** @type {[string, string][]} */
  const pairs = [];
  for (const part of parts) {
    const [, name, value = ''] = /^\s*([A-Za-z]\w*)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    const last = pairs.at(-1);
    if (name) pairs.push([name, value]);
    else if (!part.trim()) continue;
    else if (!last) return undefined;
    else last[1] += `;${part.trim()}`;
  }
  return pairs.length > 0 && pairs.every(([, value]) => value) ? Object.fromEntries(pairs) : undefined;
}

/**
 * Fields to ask the agent for after a call: "Region__c*: Region=North|South; Reason__c". A star: it must be filled in.
 * @param {string} text
 */
function askedOf(text) {
  const asked = text.split(/[;\n]/).filter((part) => part.trim()).map((part) => /^\s*([A-Za-z]\w*)(\*?)\s*(?::\s*([^=]*?))?\s*(?:=(.*))?$/s.exec(part));
  if (asked.length === 0 || asked.length > 20 || asked.some((found) => !found)) return undefined;
  return asked.map((found) => {
    const [, name = '', star, label, choices = ''] = found ?? [];
    return { name, label: label || name, choices: choices.split('|').map((choice) => choice.trim()).filter(Boolean), required: star === '*' };
  });
}

const prefix = like(/^[0-9*#]{0,8}$/);
const channel = like(/^\w+__c$/);
/** @type {{[key: string]: [string, (text: string) => unknown]}} */
const ITEMS = {
  'wrapUpSeconds': ['wrap_up_seconds', between(0, LONGEST_WRAP_UP)],
  'dispositions': ['dispositions', (text) => (words(text).every((word) => word.length <= 255) && words(text).length <= 50 ? words(text) : undefined)],
  // Whether it is a country, and which, is the server's to say: it tells the agent.
  'defaultCountry': ['default_country', like(/^.{1,64}$/s)],
  'reqOutsidePrefix': ['outside_prefix', prefix],
  'reqLongDistPrefix': ['long_distance_prefix', prefix],
  'reqInternationalPrefix': ['international_prefix', prefix],
  'recordTypeId': ['recordTypeId', like(ID)],
  'taskFields': ['taskFields', fieldsOf],
  'askFields': ['ask_fields', askedOf],
  'publishChannel': ['publish', channel],
  'dialChannel': ['listen', channel],
  'lookUp': ['lookUp', like(/^\w+\.\w+$/)],
  'search': ['search', like(/^\w+\.\w+$/)],
  'ringProfiles': ['ringProfiles', (text) => (words(text).every((word) => /^[\w-]{1,64}$/.test(word)) ? words(text) : undefined)],
  'panelWidth': ['width', between(200, 1920)],
  'popNone': ['popNone', like(POP)],
  'popOne': ['popOne', like(POP)],
  'popMany': ['popMany', like(POP)],
  'popFields': ['popFields', fieldsOf],
  'popQuery': ['popQuery', like(/^[\w.-]+=[^=&]*(?:&[\w.-]+=[^=&]*)*$/)],
  'flowVariables': ['flowVariables', fieldsOf],
};
/** What the server is told is named as there. @param {string} name */
const isPolicy = (name) => name === 'dispositions' || name.includes('_');
/** @param {string} item */
const keyOf = (item) => `/${item.startsWith('req') ? 'reqDialingOptions' : 'softphone'}/${item}`;
/** Salesforce itself checks it, when the definition file is imported. */
const HEIGHT = '/reqGeneralInfo/reqSoftphoneHeight';

/** @param {object} map @param {string[]} problems what is of no use is added @returns {{[name: string]: any}} */
function readItems(map, problems) {
  /** @type {{[name: string]: any}} */
  const read = {};
  for (const [item, [name, parse]] of Object.entries(ITEMS)) {
    const key = keyOf(item);
    const text = Reflect.get(map, key);
    if (text === undefined || text === null || String(text).trim() === '') continue;
    const value = typeof text === 'object' ? undefined : parse(String(text).trim());
    if (value === undefined) problems.push(key);
    else read[name] = value;
  }
  return read;
}

/** The language that the adapter's address asks for, where the panel does not speak it. @param {string} search `location.search` */
function unspoken(search) {
  const asked = new URLSearchParams(search).get('lang');
  return asked && chooseLanguage([asked], LANGUAGES, '') === '' ? [`lang=${asked.slice(0, 20)}`] : [];
}

/** @param {unknown} told the value of getCallCenterSettings @param {string} [search] of the adapter's address @returns {CallCenterSettings} */
export function readCallCenter(told, search = '') {
  const problems = unspoken(search);
  const map = typeof told === 'object' && told !== null && !Array.isArray(told) ? told : null;
  if (!map) problems.push('getCallCenterSettings');
  const read = readItems(map ?? {}, problems);
  const { recordTypeId, taskFields: written, publish = '', listen = '', lookUp = '', search: searchClass = '', width = null, ringProfiles = [], popNone = '', popOne = '', popMany = '' } = read;
  const taskFields = { ...written, ...(recordTypeId ? { recordTypeId } : {}) };
  return {
    taskFields,
    policy: {
      ...Object.fromEntries(Object.entries(read).filter(([name]) => isPolicy(name))),
      ...(Object.keys(taskFields).length > 0 ? { task_fields: taskFields } : {}),
    },
    publish, listen, lookUp, search: searchClass, width, ringProfiles, problems, pops: { none: popNone, one: popOne, many: popMany },
    height: between(240, 2560)(String(Reflect.get(map ?? {}, HEIGHT) ?? '')) ?? null,
    prefill: { fields: read['popFields'] ?? null, query: read['popQuery'] ?? '', flow: read['flowVariables'] ?? null },
  };
}

/** @param {CallCenterSettings} callCenter @returns {Frame} */
export const settingsFrame = ({ policy, problems }) => ({ type: 'settings', ...policy, problems });
