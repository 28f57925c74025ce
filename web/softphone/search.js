/**
 * Whom a typed name or number may mean: people in the org, under the agent's sharing rules, and the
 * agent's older calls. Both are searched while the agent types; the last search counts.
 *
 * The Apex class SoftphoneSearch answers for the org; where it is not deployed, or not for this user,
 * the panel says so and goes on with what it knows itself.
 */

import { findColleagues, rowOfColleague } from './colleagues.js';
import { isName } from './numbers.js';
import { textOf } from './outcome.js';

/** @import {Context, PeopleFound, RecentRow} from './types.js' */

const PAUSE_MS = 250;
// Salesforce's search needs at least two letters.
const SHORTEST = 2;

/** Those of them that can be called. @param {any} told @returns {any[]} */
const numbersOf = (told) => (Array.isArray(told) ? told.filter((one) => textOf(one?.Number)) : []);

/** What an answer of the Apex class means: one row for each number. @param {any} told JSON text @returns {RecentRow[]|null} null: no such answer */
export function rowsOf(told) {
  try {
    const people = JSON.parse(told?.runApex ?? told);
    return people.map(Object).flatMap((/** @type {any} */ { Id, Name, Type, Detail, Numbers }) => numbersOf(Numbers).map((/** @type {any} */ { Label, Number: number }) => ({
      call_id: `person/${Id}/${number}`, direction: 'outbound', number: String(number), display: String(number), name: String(Name),
      record: { id: String(Id), name: String(Name), object_type: String(Type) }, started_at: 0, talk_seconds: null,
      outcome: [Detail, Label].filter(Boolean).join(' · '),
    })));
  } catch {
    return null;
  }
}

/** @param {Context} context @returns {(words: string) => Promise<RecentRow[]>} */
export const colleaguesOf = ({ t, actions }) => async (words) =>
  (await findColleagues(actions.ask, words)).map((colleague) => rowOfColleague(colleague, t));

/**
 * @param {{people: (words: string) => Promise<PeopleFound>, calls: (words: string) => Promise<RecentRow[]>, colleagues: (words: string) => Promise<RecentRow[]>}} ask
 * @param {() => void} onChange
 */
export function createSearch(ask, onChange) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let latest = '';
  let state = '';
  const NOBODY = { people: [], calls: [], colleagues: [] };
  /** @type {{people: RecentRow[], calls: RecentRow[], colleagues: RecentRow[]}} */
  let found = NOBODY;

  /** @param {string} words */
  async function findPeople(words) {
    const answer = await ask.people(words);
    if (words !== latest) return;
    const people = answer.ok ? rowsOf(answer.value) : null;
    found = { ...found, people: people ?? [] };
    state = people ? 'search.none' : 'search.unavailable';
    onChange();
  }
  /** @param {'calls'|'colleagues'} what @param {string} words */
  async function find(what, words) {
    const rows = await ask[what](words);
    if (words !== latest) return;
    found = { ...found, [what]: rows };
    onChange();
  }
  return {
    /** Those that are not listed already. @param {RecentRow[]} listed */
    rows(listed) {
      const known = new Set(listed.map(({ call_id: id }) => id));
      return [...found.colleagues, ...found.calls.filter(({ call_id: id }) => !known.has(id)), ...found.people];
    },
    state: () => state,
    /** @param {string} typed */
    look(typed) {
      const words = typed.trim().length >= SHORTEST ? typed.trim() : '';
      if (words === latest) return;
      latest = words;
      clearTimeout(timer);
      found = NOBODY;
      state = isName(words) ? 'search.busy' : '';
      if (words) timer = setTimeout(() => {
        void find('calls', words);
        void find('colleagues', words);
        if (isName(words)) void findPeople(words);
      }, PAUSE_MS);
    },
  };
}
