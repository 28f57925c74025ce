/** The order of agents: by a column, ascending or descending, or as the server lists them. */

/** @import {Person, Translate} from './types.js' */

/** The sort key of each column. @type {{[column: string]: (person: Person, t: Translate) => string|number}} */
const VALUES = {
  name: ({ name }) => name,
  state: ({ state }, t) => t(`state.${state}`),
  with: ({ with: name, display }) => name ?? display ?? '',
  since: ({ since }) => -(since ?? Infinity),
  calls: ({ totals }) => totals.calls,
  answered: ({ totals }) => totals.answered,
  missed: ({ totals }) => totals.missed,
  talk: ({ totals }) => totals.talk_seconds,
};
/** Columns that are sorted in descending order first. */
export const NUMBERS = new Set(['since', 'calls', 'answered', 'missed', 'talk']);
export const COLUMNS = Object.keys(VALUES);

/** Parse an order: a column's name, with a minus for descending. @param {string} order */
export function readOrder(order) {
  const column = order.replace(/^-/, '');
  return COLUMNS.includes(column) ? { column, down: order !== column } : { column: '', down: false };
}

/** The order after the next press on a column's header. @param {string} column @param {string} order the present one */
export function turned(column, order) {
  const [first, second] = NUMBERS.has(column) ? [`-${column}`, column] : [column, `-${column}`];
  return order === first ? second : first;
}

/** @param {Person[]} people @param {string} order @param {{t: Translate, language: string}} speech */
export function ordered(people, order, { t, language }) {
  const { column, down } = readOrder(order);
  const value = VALUES[column];
  if (!value) return people;
  const { compare } = new Intl.Collator(language, { numeric: true });
  const sign = down ? -1 : 1;
  return people
    .map((person) => ({ person, is: value(person, t) }))
    .sort(({ is: a }, { is: b }) => sign * (typeof a === 'string' ? compare(a, String(b)) : Math.sign(a - Number(b)) || 0))
    .map(({ person }) => person);
}

/** A server takes an address of some eight thousand characters, and an agent in it is about 25. */
const MOST_IN_ADDRESS = 300;

/** The agents of an export: those that are shown, and their order. @param {string[]} ids @param {{filtered: boolean, sorted: boolean}} how @returns {string[][]} */
export function exportOf(ids, { filtered, sorted }) {
  const named = (/** @type {string} */ name) => ids.map((id) => [name, id]);
  if (filtered && ids.length === 0) return [['agent', '']];
  return [...(filtered ? named('agent') : []), ...(sorted ? named('order') : [])];
}

/** Whether an address can hold them. @param {string[][]} lists */
export const fitsAddress = (lists) => lists.length <= MOST_IN_ADDRESS;
