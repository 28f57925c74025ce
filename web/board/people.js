/** Each agent's state, with whom and since when, and their calls of the day. */

import { formatDuration, formatWhen } from '../softphone/clock.js';
import { el, keyedList, setData, setText, show } from '../softphone/dom.js';
import { isolated } from '../softphone/strings.js';
import { COLUMNS, NUMBERS, ordered, readOrder, turned } from './order.js';

/** @import {Filter, Person, Section, Speech} from './types.js' */

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

/** The agents to show. @param {Person[]} people @param {Filter} filter */
export function chosen(people, { words, group }) {
  const wanted = words.trim().toLocaleLowerCase();
  const fits = GROUPS[group] ?? GROUPS['all'];
  // A number is found in any spelling, by its digits.
  const bare = wanted.replace(/[\s()./-]/g, '');
  const digits = /^\+?\d+$/.test(bare) ? bare : wanted;
  return people.filter(
    ({ name, number, state, with: party }) =>
      fits?.(state) && (number?.includes(digits) || [name, party ?? ''].some((text) => text.toLocaleLowerCase().includes(wanted))));
}

/** Products have one name in all languages. @type {{[surface: string]: string}} */
const PRODUCTS = { 'open-cti': 'Open CTI', 'lwc': 'Lightning', 'voice': 'Salesforce Voice' };

/** Whether not everybody works in the same product. @param {readonly Person[]} all */
export const isMixed = (all) => new Set(all.map((one) => one.surface).filter(Boolean)).size > 1;

/** Who it is, and in which product they work where that differs. @param {Person} person @param {boolean} mixed */
export function named({ name, surface = '' }, mixed) {
  return mixed && surface ? `${name} · ${PRODUCTS[surface] ?? surface}` : name;
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

/** What they do, why, and whether nothing but the provider's events tells. @param {Person} person @param {Speech} speech @param {number} now */
export function stateOf({ state, reason = '', last_page: last }, { t, language }, now) {
  const page = last === undefined ? '' : last === null ? t('agents.no-page') : t('agents.last-page', { at: formatWhen(last, now, language) });
  return [t(`state.${state}`), reason, page].filter(Boolean).join(' · ');
}

/** @param {Speech} speech @param {() => number} now @param {() => boolean} mixed */
function createRow(speech, now, mixed) {
  const { number } = speech;
  const state = el('span', { class: 'state' });
  const cells = Object.fromEntries(COLUMNS.map((column) => [column,
    el(column === 'name' ? 'th' : 'td', { class: NUMBERS.has(column) ? `${column} number` : column, ...(column === 'name' && { scope: 'row' }) })]));
  cells['state']?.append(state);
  return {
    element: el('tr', {}, ...Object.values(cells)),
    update(/** @type {Person} */ person) {
      const { totals } = person;
      const texts = {
        name: named(person, mixed()),
        with: party(person, speech),
        since: person.since === null ? '' : formatDuration(now() - person.since),
        calls: number(totals.calls),
        answered: number(totals.answered),
        missed: number(totals.missed),
        talk: formatDuration(totals.talk_seconds * 1000),
      };
      for (const [column, text] of Object.entries(texts)) setText(/** @type {HTMLElement} */ (cells[column]), text);
      setText(state, stateOf(person, speech, now()));
      setData(state, 'state', person.state);
    },
  };
}

/** A column's head, by which the list is ordered. @param {Speech} speech @param {string} column @param {() => void} press */
function createHead({ t }, column, press) {
  const button = el('button', { type: 'button', class: 'order', onclick: press }, t(`agents.${column}`));
  const element = el('th', { scope: 'col', class: NUMBERS.has(column) ? `${column} number` : column }, button);
  return {
    element,
    /** @param {string} order */
    update(order) {
      const { column: by, down } = readOrder(order);
      if (by === column) element.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      else element.removeAttribute('aria-sort');
    },
  };
}

/** @param {Speech} speech @param {() => Filter} filter @param {{get: (name: string) => string, set: (name: string, value: string) => void}} link @param {() => void} onOrder @returns {Section} */
export function createPeople(speech, filter, link, onOrder) {
  const { t, number } = speech;
  let now = 0;
  let mixed = false;
  const body = el('tbody', {});
  const rows = keyedList(body, (/** @type {Person} */ person) => person.user_id, () => createRow(speech, () => now, () => mixed));
  const heads = COLUMNS.map((column) => createHead(speech, column, () => {
    link.set('order', turned(column, link.get('order')));
    onOrder();
  }));
  const table = el('table', {}, el('caption', { class: 'hidden-words' }, t('agents.title')), el('thead', {}, el('tr', {}, ...heads.map(({ element }) => element))), body);
  const place = el('div', { class: 'sideways', tabindex: '0', role: 'region', 'aria-label': t('agents.title') }, table);
  const empty = el('p', { class: 'empty' });
  const shown = el('p', { class: 'more' });
  return {
    element: el('section', { class: 'panel people' }, el('h2', {}, t('agents.title')), place, empty, shown),
    update(report) {
      now = report.now;
      mixed = isMixed(report.agents);
      const order = link.get('order');
      const people = ordered(chosen(report.agents, filter()), order, speech);
      for (const head of heads) head.update(order);
      rows(people);
      show(place, people.length > 0);
      show(empty, people.length === 0);
      setText(empty, t(report.agents.length ? 'agents.none-fits' : 'agents.none'));
      setText(shown, t('agents.shown', { count: report.agents.length, shown: number(people.length), number: number(report.agents.length) }));
    },
  };
}
