/** A row in a list of calls or people: who, details, call again, open the record. */

import { formatDuration, formatWhen } from './clock.js';
import { el, setData, setText } from './dom.js';
import { createStar } from './favorites.js';
import { icon } from './icons.js';
import { whoIs } from './numbers.js';
import { outcomeOf } from './outcomes.js';
import { isolated } from './strings.js';

/** @import {Component, Context, Model, RecentRow} from './types.js' */

/** @param {Model} model */
export const canDial = ({ stage, view, pending }) =>
  stage === 'live' && view !== null && view.click_to_dial && pending === null;

/** @param {RecentRow} row */
const isMissed = ({ direction, talk_seconds: talk, started_at: at }) => direction === 'inbound' && talk === null && at > 0;

/** @param {Context} context @param {() => Model} model @returns {(row: RecentRow) => Component<RecentRow>} */
export function callRow(context, model) {
  const { t, actions, now, language } = context;
  return (first) => {
    const name = el('span', { class: 'row-name', dir: 'auto' });
    const line = el('span', { class: 'row-line' });
    const when = el('span', { class: 'row-when' });
    const sign = el('span', { class: 'row-sign', 'aria-hidden': 'true' }, icon(first.started_at > 0 ? first.direction : 'person'));
    let row = first;
    const open = el('button', { type: 'button', class: 'row-open', onclick: () => row.record && actions.openRecord(row.record) }, el('span', { class: 'row-text' }, name, line));
    const star = createStar(context, model);
    const again = el('button', { type: 'button', class: 'icon-button call-again', onclick: () => actions.dial(row.number, row.record, row.record?.name ?? row.name ?? '') }, icon('phone'));
    return {
      element: el('li', { class: 'row' }, sign, open, star.element, when, again),
      update(item) {
        row = item;
        const who = whoIs(item);
        const talk = item.talk_seconds === null ? '' : formatDuration(item.talk_seconds * 1000);
        setData(sign, 'missed', String(isMissed(item)));
        setText(name, who);
        const parts = [who === item.display ? '' : item.display, talk || outcomeOf(item, t)].filter(Boolean);
        setText(line, parts.map(t('direction') === 'rtl' ? isolated : String).join(' · '));
        setText(when, item.started_at ? formatWhen(item.started_at, now(), language) : '');
        star.update(item);
        open.disabled = !item.record;
        open.title = item.record ? t('recent.open') : '';
        again.setAttribute('aria-label', t('recent.call', { name: who }));
        again.disabled = !canDial(model());
      },
    };
  };
}

/** The arrow keys move from the box to the rows and back. @param {HTMLElement} home @param {HTMLElement} box */
export function walkByArrows(home, box) {
  home.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target instanceof HTMLSelectElement) return;
    const stops = [box, ...home.querySelectorAll('.row:not([hidden]) .call-again:enabled')];
    const at = stops.findIndex((stop) => stop === document.activeElement || stop.closest('.row')?.contains(document.activeElement));
    const next = stops[at + step];
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.focus();
  });
}
