/** The supervisor's choices: the day and the agents. */

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
 * @param {{get: (name: string) => string, set: (name: string, value: string) => void}} link
 * @param {{onDay: () => void, onFilter: () => void}} ports
 */
export function createToolbar({ t }, link, { onDay, onFilter }) {
  const today = written(new Date());
  const day = el('input', { type: 'date', name: 'day', max: today, value: link.get('day') || today });
  const words = el('input', { type: 'search', name: 'words', autocomplete: 'off', placeholder: t('filter.words'), value: link.get('find') });
  const group = el('select', { name: 'group' }, ...['all', 'busy', 'ready', 'away', 'offline'].map((name) => el('option', { value: name }, t(`filter.${name}`))));
  group.value = link.get('show');
  if (!group.value) group.value = 'all';
  day.addEventListener('change', () => {
    link.set('day', boundsOf(day.value, Date.now()).until ? day.value : '');
    onDay();
  });
  // Without a day, and for a day to come, today is shown.
  day.addEventListener('blur', () => {
    if (!boundsOf(day.value, Date.now()).until) day.value = day.max;
  });
  words.addEventListener('input', () => {
    link.set('find', words.value.trim());
    onFilter();
  });
  group.addEventListener('change', () => {
    link.set('show', group.value === 'all' ? '' : group.value);
    onFilter();
  });
  return {
    element: el('form', { class: 'toolbar', role: 'search' },
      ...[['day', day], ['agents', words], ['group', group]].map(([name, field]) =>
        el('label', { class: 'field' }, t(`filter.${name}`), /** @type {HTMLElement} */ (field)))),
    bounds: () => boundsOf(day.value, Date.now()),
    /** After midnight, today is another day. */
    turnToday() {
      const before = day.max;
      day.max = written(new Date());
      if (day.value === before) day.value = day.max;
    },
    /** @returns {Filter} */
    filter: () => ({ words: words.value, group: /** @type {Filter['group']} */ (group.value) }),
  };
}
