/** What a supervisor chooses: the day, and which agents. */

import { el } from '../softphone/dom.js';

/** @import {Filter, Speech} from './types.js' */

/** A date field's text of a day here: 2026-11-29. @param {Date} date */
const written = (date) => [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');

/**
 * When a day begins and ends here, in milliseconds; today has no end yet.
 * @param {string} day as a date field writes it; what is no day is today
 * @param {number} now
 */
export function boundsOf(day, now) {
  const [year, month, date] = day.split('-').map(Number);
  const today = new Date(now).setHours(0, 0, 0, 0);
  const since = new Date(year ?? NaN, (month ?? NaN) - 1, date).getTime();
  if (Number.isNaN(since) || since >= today) return { since: today, until: 0 };
  return { since, until: new Date(year ?? NaN, (month ?? NaN) - 1, (date ?? NaN) + 1).getTime() };
}

/**
 * @param {Speech} speech
 * @param {{onDay: () => void, onFilter: () => void}} ports
 */
export function createToolbar({ t }, { onDay, onFilter }) {
  const day = el('input', { type: 'date', name: 'day', max: written(new Date()), value: written(new Date()) });
  const words = el('input', { type: 'search', name: 'words', autocomplete: 'off', placeholder: t('filter.words') });
  const group = el('select', { name: 'group' }, ...['all', 'busy', 'ready', 'away', 'offline'].map((name) => el('option', { value: name }, t(`filter.${name}`))));
  day.addEventListener('change', onDay);
  words.addEventListener('input', onFilter);
  group.addEventListener('change', onFilter);
  return {
    element: el('form', { class: 'toolbar', role: 'search' },
      ...[['day', day], ['agents', words], ['group', group]].map(([name, field]) =>
        el('label', { class: 'field' }, t(`filter.${name}`), /** @type {HTMLElement} */ (field)))),
    bounds: () => boundsOf(day.value, Date.now()),
    /** Midnight has passed: today is another day now. */
    turnToday() {
      const before = day.max;
      day.max = written(new Date());
      if (day.value === before) day.value = day.max;
    },
    /** @returns {Filter} */
    filter: () => ({ words: words.value, group: /** @type {Filter['group']} */ (group.value) }),
  };
}
