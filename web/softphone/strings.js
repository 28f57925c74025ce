/** All texts that an agent reads, by key, in the agent's language. */

/** @import {Translate} from './types.js' */

/** @typedef {{[key: string]: string | {[plural: string]: string}}} Table */

export const LANGUAGES = ['en', 'ar', 'de', 'es', 'fr', 'ja', 'pt'];

/**
 * A number or a foreign name within text of the other direction keeps its own order.
 * https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates
 * @param {string|number} value
 */
export const isolated = (value) => (String(value) === '' ? '' : `\u2068${value}\u2069`);
// Grouped digits: a phone number, a date.
const GROUPED = /(\+?\(?\d(?:[\s().\/-]{0,3}\d){4,})/;
/** The pieces of a text: every second one is a number, which reads left to right and does not wrap. @param {string} text */
export const pieces = (text) => text.split(GROUPED);
/** The text without these marks, to leave the panel. @param {string} text */
export const unmarked = (text) => text.replace(/[\u2068\u2069]/g, '');

/**
 * @param {Table} table
 * @param {string} language BCP 47
 * @returns {Translate} an unknown key comes back as itself
 */
export function createTranslate(table, language) {
  const plural = new Intl.PluralRules(language);
  const shown = table['direction'] === 'rtl' ? isolated : String;
  return (key, values = {}) => {
    const entry = table[key] ?? key;
    const form = plural.select(Number(values['count'] ?? 0));
    const words = typeof entry === 'string' ? entry : (entry[form] ?? entry['other'] ?? key);
    return words.replace(/\{(\w+)\}/g, (_, name) => shown(values[name] ?? ''));
  };
}

/**
 * The agent's first language that we speak; English when it is none.
 * @param {readonly string[]} wanted BCP 47, or as Salesforce writes it ("pt_BR")
 * @param {readonly string[]} spoken
 * @param {string} otherwise
 */
export function chooseLanguage(wanted, spoken = LANGUAGES, otherwise = 'en') {
  const short = wanted.map((language) => (language.split(/[-_]/)[0] ?? '').toLowerCase());
  return short.find((language) => spoken.includes(language)) ?? otherwise;
}

/**
 * The words for a code of the server's. In English its own sentence, which may know more; else
 * ours, if there are any.
 * @param {Translate} t @param {{code: string, text: string}} said
 */
export function wordsFor(t, { code, text }) {
  const key = `answer.${code}`;
  const ours = t(key);
  return text && (ours === key || t('language') === 'en') ? text : ours;
}

/**
 * The call center may ask for a language in the adapter's address (`lang=de`); else the browser does.
 * @returns {Promise<{language: string, table: Table}>}
 */
export async function loadStrings() {
  const asked = new URLSearchParams(location.search).get('lang');
  const language = chooseLanguage(asked ? [asked, ...navigator.languages] : navigator.languages);
  const answer = await fetch(new URL(`lang/${language}.json`, import.meta.url));
  return { language, table: await answer.json() };
}

/** The words of parts that few pages ever show. @param {string} language @param {Table} table */
export async function loadLate(language, table) {
  try {
    Object.assign(table, await (await fetch(new URL(`lang/late/${language}.json`, import.meta.url))).json());
  } catch (thrown) {
    console.warn('softphone: no words for this', thrown);
  }
}
