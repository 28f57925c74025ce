/** Every word has a key, and every key that the code names has a word. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { passedBefore } from '../../web/softphone/screens.js';
import { LANGUAGES, chooseLanguage, createTranslate, pieces, unmarked, wordsFor } from '../../web/softphone/strings.js';

const HOME = new URL('../../web/softphone/', import.meta.url);
const ENGLISH = JSON.parse(readFileSync(new URL('lang/en.json', HOME), 'utf8'));
const SOURCES = readdirSync(HOME).filter((name) => name.endsWith('.js')).map((name) => readFileSync(new URL(name, HOME), 'utf8'));

test('every key that the code names literally is in the English file', () => {
  const named = SOURCES.flatMap((source) => [...source.matchAll(/\b(?:t|words)\('([\w.-]+)'/g)].map((match) => match[1] ?? ''));
  assert.ok(named.length > 40);
  assert.deepEqual(named.filter((key) => !(key in ENGLISH)), []);
});

test('every state has its words, seen and spoken', () => {
  const states = ['connecting', 'idle', 'ringing-user-devices', 'dialing-destination', 'bridged', 'ringing-inbound', 'wrapup', 'offline', 'signed-out', 'blocked'];
  for (const state of states) for (const prefix of ['state', 'say', 'item']) assert.ok(`${prefix}.${state}` in ENGLISH, `${prefix}.${state}`);
});

test('every reason to be blocked has a sentence for the agent, one for the admin, and its condition', () => {
  const codes = ['server-unreachable', 'no-origin', 'no-mode', 'origin-refused', 'origin-not-allowed', 'library-missing', 'library-refused', 'library-slow', 'library-silent', 'host-silent', 'wrong-address'];
  for (const code of codes) {
    assert.ok(ENGLISH[`blocked.${code}`], code);
    assert.ok(ENGLISH[`blocked.${code}.admin`], code);
    assert.ok(passedBefore(code) >= 0, code);
  }
});

test('values are filled in, plurals follow the language, an unknown key shows itself', () => {
  const t = createTranslate({ hello: 'Hello {name}', calls: { one: '{count} call', other: '{count} calls' } }, 'en');
  assert.equal(t('hello', { name: 'Ada' }), 'Hello Ada');
  assert.deepEqual([t('calls', { count: 1 }), t('calls', { count: 2 })], ['1 call', '2 calls']);
  assert.equal(t('nowhere'), 'nowhere');
});

test('a number keeps its order within text that runs from right to left, and leaves the panel without marks', () => {
  const t = createTranslate({ direction: 'rtl', from: 'من {name}' }, 'ar');
  assert.equal(t('from', { name: '(202) 555-0100' }), 'من \u2068(202) 555-0100\u2069');
  assert.equal(unmarked(t('from', { name: 'Grace' })), 'من Grace');
  assert.equal(t('from', {}), 'من ');
});

test('a number within text is a piece of its own, in whichever country it is written', () => {
  const written = ['(202) 555-9000', '+1 202-555-9000', '+49 30 901820', '+442079460958', '03-1234-5678', '06 12 34 56 78', '2026-11-30'];
  for (const number of written) {
    assert.deepEqual(pieces(`to Grace · ${number}.`), ['to Grace · ', number, '.']);
    assert.deepEqual(pieces(`\u2068${number}\u2069`), ['\u2068', number, '\u2069']);
    assert.deepEqual(pieces(number), ['', number, '']);
  }
  for (const other of ['', 'Room 12', '1:02:03', '2 of 1000 agents', '12 % · 7']) assert.deepEqual(pieces(other), [other]);
  assert.deepEqual(pieces('555-0100-1, 555-0100-2').filter((_, at) => at % 2), ['555-0100-1', '555-0100-2']);
});

/** @param {string} language @param {URL} home @returns {{[key: string]: string | {[plural: string]: string}}} */
const tableOf = (language, home = HOME) => JSON.parse(readFileSync(new URL(`lang/${language}.json`, home), 'utf8'));
/** @param {string | {[plural: string]: string}} entry */
const forms = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
/** @param {string} words */
const blanks = (words) => [...words.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

/** @param {string} language @param {URL} home */
function holds(language, home) {
  const [table, english] = [tableOf(language, home), tableOf('en', home)];
  assert.deepEqual(Object.keys(table), Object.keys(english));
  const plurals = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
  for (const [key, entry] of Object.entries(table)) {
    const meant = english[key] ?? '';
    if (typeof meant !== 'string') assert.deepEqual(Object.keys(entry).sort(), plurals, key);
    for (const words of forms(entry)) assert.deepEqual(blanks(words), blanks(forms(meant)[0] ?? ''), key);
    if (meant !== '') assert.ok(forms(entry).every(Boolean), key);
  }
}

for (const language of LANGUAGES) {
  test(`${language} has every key, every plural of its own, and the same blanks as English`, () => {
    holds(language, HOME);
    holds(language, new URL('../board/', HOME));
    assert.equal(tableOf(language)['language'], language);
    const directions = [HOME, new URL('../board/', HOME)].map((home) => tableOf(language, home)['direction']);
    assert.deepEqual(directions, language === 'ar' ? ['rtl', 'rtl'] : ['ltr', 'ltr']);
  });
}

test('a narrow panel shows the outcome itself of a truncated choice', () => {
  for (const language of LANGUAGES) assert.match(String(tableOf(language)['wrapup.asItEnded']), /^\{outcome\} \(.+\)$/, language);
});

test('the server\'s texts are shown in the page\'s language, or verbatim in English', () => {
  const said = { code: 'busy', text: 'You are in a call.' };
  assert.equal(wordsFor(createTranslate(ENGLISH, 'en'), said), 'You are in a call.');
  assert.match(wordsFor(createTranslate(tableOf('de'), 'de'), said), /bereits/);
  const unheard = { code: 'unheard-of', text: 'Something.' };
  assert.equal(wordsFor(createTranslate(tableOf('de'), 'de'), unheard), 'Something.');
});

test('the first language that we speak is chosen, else English', () => {
  assert.equal(chooseLanguage(['en-GB']), 'en');
  assert.equal(chooseLanguage(['tlh', 'de-AT', 'en']), 'de');
  assert.equal(chooseLanguage(['fr'], ['en']), 'en');
  assert.equal(chooseLanguage(['tlh', 'en']), 'en');
  assert.equal(chooseLanguage([]), 'en');
});
