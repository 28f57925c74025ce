/** Who does what, with whom and since when, and what each has done that day. */

import { formatDuration } from '../softphone/clock.js';
import { el, keyedList, setData, setText, show } from '../softphone/dom.js';
import { isolated } from '../softphone/strings.js';

/** @import {Filter, Person, Section, Speech} from './types.js' */

const COLUMNS = ['name', 'state', 'with', 'since', 'calls', 'answered', 'missed', 'talk'];
const NUMBERS = new Set(['since', 'calls', 'answered', 'missed', 'talk']);

const AWAY = new Set(['away', 'do-not-disturb']);
const QUIET = new Set([...AWAY, 'idle', 'offline']);
/** @type {{[group: string]: (state: string) => boolean}} */
const GROUPS = {
  all: () => true,
  busy: (state) => !QUIET.has(state),
  away: (state) => AWAY.has(state),
  ready: (state) => state === 'idle',
  offline: (state) => state === 'offline',
};

/** Who of them is shown. @param {Person[]} people @param {Filter} filter */
export function chosen(people, { words, group }) {
  const wanted = words.trim().toLocaleLowerCase();
  const fits = GROUPS[group] ?? GROUPS['all'];
  // A number is found in any spelling: by its digits.
  const bare = wanted.replace(/[\s()./-]/g, '');
  const digits = /^\+?\d+$/.test(bare) ? bare : wanted;
  return people.filter(
    ({ name, number, state, with: party }) =>
      fits?.(state) && (number?.includes(digits) || [name, party ?? ''].some((text) => text.toLocaleLowerCase().includes(wanted))));
}

/** Products have one name in all languages. @type {{[surface: string]: string}} */
const PRODUCTS = { 'open-cti': 'Open CTI', 'lwc': 'Lightning', 'voice': 'Salesforce Voice' };

/**
 * Who works in which product, where not everybody works in the same.
 * @param {Person} person @param {readonly Person[]} all
 */
export function named({ name, surface = '' }, all) {
  const isMixed = new Set(all.map((one) => one.surface).filter(Boolean)).size > 1;
  return isMixed && surface ? `${name} · ${PRODUCTS[surface] ?? surface}` : name;
}

/** @param {Person} person @param {Speech} speech */
export function party({ direction, with: name, display, more_calls: more, audio }, { t, number: count, percent }) {
  if (direction === null) return '';
  const shown = [name ?? '', display ?? ''].filter(Boolean);
  const who = shown.map(t('direction') === 'rtl' ? isolated : String).join(' · ') || t('agents.withheld');
  const said = t(`direction.${direction}`, { who });
  const others = more ? `${said} ${t('agents.more', { count: more, number: count(more) })}` : said;
  if (!audio) return others;
  return `${others} · ${t('agents.audio', { lost: percent(audio.lost), jitter: count(audio.jitter_ms), trip: count(audio.round_trip_ms) })}`;
}

/** @param {Speech} speech @param {() => number} now @param {() => readonly Person[]} all */
function createRow(speech, now, all) {
  const { t, number } = speech;
  const state = el('span', { class: 'state' });
  const cells = Object.fromEntries(COLUMNS.map((column) => [column,
    el(column === 'name' ? 'th' : 'td', { class: NUMBERS.has(column) ? `${column} number` : column, ...(column === 'name' && { scope: 'row' }) })]));
  cells['state']?.append(state);
  return {
    element: el('tr', {}, ...Object.values(cells)),
    update(/** @type {Person} */ person) {
      const { totals } = person;
      const texts = {
        name: named(person, all()),
        with: party(person, speech),
        since: person.since === null ? '' : formatDuration(now() - person.since),
        calls: number(totals.calls),
        answered: number(totals.answered),
        missed: number(totals.missed),
        talk: formatDuration(totals.talk_seconds * 1000),
      };
      for (const [column, text] of Object.entries(texts)) setText(/** @type {HTMLElement} */ (cells[column]), text);
      setText(state, [t(`state.${person.state}`), person.reason].filter(Boolean).join(' · '));
      setData(state, 'state', person.state);
    },
  };
}

/** @param {Speech} speech @param {() => Filter} filter @returns {Section} */
export function createPeople(speech, filter) {
  const { t, number } = speech;
  let now = 0;
  /** @type {readonly Person[]} */
  let all = [];
  const body = el('tbody', {});
  const rows = keyedList(body, (/** @type {Person} */ person) => person.user_id, () => createRow(speech, () => now, () => all));
  const heads = COLUMNS.map((column) => el('th', { scope: 'col', class: NUMBERS.has(column) ? `${column} number` : column }, t(`agents.${column}`)));
  const table = el('table', {}, el('caption', { class: 'hidden-words' }, t('agents.title')), el('thead', {}, el('tr', {}, ...heads)), body);
  const place = el('div', { class: 'sideways', tabindex: '0', role: 'region', 'aria-label': t('agents.title') }, table);
  const empty = el('p', { class: 'empty' });
  const shown = el('p', { class: 'more' });
  return {
    element: el('section', { class: 'panel people' }, el('h2', {}, t('agents.title')), place, empty, shown),
    update(report) {
      now = report.now;
      all = report.agents;
      const people = chosen(report.agents, filter());
      rows(people);
      show(place, people.length > 0);
      show(empty, people.length === 0);
      setText(empty, t(report.agents.length ? 'agents.none-fits' : 'agents.none'));
      setText(shown, t('agents.shown', { count: report.agents.length, shown: number(people.length), number: number(report.agents.length) }));
    },
  };
}
