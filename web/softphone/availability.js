/**
 * Whether the agent wants calls: chosen beside the state, with the admin's reasons. A note below says what
 * the phone system does not do about it.
 */

import { el, setData, setText, show } from './dom.js';

/** @import {Availability, Context, Model} from './types.js' */

// As for requests in calls.
const ANSWER_MS = 8_000;

/** @type {Availability} */
const AVAILABLE = { status: 'available', reason: '', since: 0, applied: '' };

/** @param {Model} model */
export const availabilityOf = ({ view }) => view?.agent.availability ?? AVAILABLE;

/** The note that a choice needs, if any. @param {Availability} chosen @param {{[action: string]: boolean}} can */
export function noteOf({ status, applied }, can) {
  if (applied === 'refused' || applied === 'unknown') return `availability.${applied}`;
  if (status === 'available' || (applied !== 'shown' && applied !== 'done')) return '';
  if (applied === 'shown') return 'availability.shown';
  if (status === 'away') return '';
  return can['click_in_silence'] ? 'availability.callers' : 'availability.silent';
}

/** The value of a choice. @param {Pick<Availability, 'status'|'reason'>} chosen */
const valueOf = ({ status, reason }) => (reason ? `${status}/${reason}` : status);

/** @param {Context} context */
export function createAvailability({ t, actions, now }) {
  const choice = el('select', { class: 'availability', name: 'availability', 'aria-label': t('availability.label'), onchange: choose });
  const field = el('div', { class: 'bar-choice' }, choice);
  const note = el('p', { class: 'bar-note', role: 'status' });

  // The choice that no view has shown yet. With the keyboard the next may follow before a view of the first.
  let asked = { value: '', until: 0 };

  function choose() {
    const { value } = choice;
    const [status = '', ...reason] = value.split('/');
    asked = { value, until: now() + ANSWER_MS };
    if (!actions.setAvailability(/** @type {Availability['status']} */ (status), reason.join('/'))) asked.until = 0;
  }
  /** @param {Availability} chosen @param {string[]} reasons */
  function fill(chosen, reasons) {
    // A reason that the admin has removed since stays until the agent chooses another.
    const all = chosen.reason && !reasons.includes(chosen.reason) ? [...reasons, chosen.reason] : reasons;
    const print = JSON.stringify(all);
    if (choice.dataset['print'] === print) return;
    choice.dataset['print'] = print;
    choice.replaceChildren(
      el('option', { value: 'available' }, t('availability.available')),
      el('option', { value: 'away' }, t('availability.away')),
      ...all.map((reason) => el('option', { value: valueOf({ status: 'away', reason }) }, t('availability.awayFor', { reason }))),
      el('option', { value: 'do-not-disturb' }, t('availability.do-not-disturb')));
  }
  return {
    field, note,
    /** @param {Model} model */
    update(model) {
      const chosen = availabilityOf(model);
      fill(chosen, model.view?.settings.away_reasons ?? []);
      const value = valueOf(chosen);
      if (asked.value === value || now() >= asked.until) asked.until = 0;
      if (choice.value !== value && asked.until === 0) choice.value = value;
      setData(field, 'applied', chosen.applied);
      const key = model.stage === 'live' ? noteOf(chosen, model.view?.can ?? {}) : '';
      setText(note, key ? t(key) : '');
      show(note, key !== '');
    },
  };
}
