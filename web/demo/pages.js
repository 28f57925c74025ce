/** What the demo org shows: the list of records, one record with its activities, search results. */

import { make } from './dom.js';
import { activitiesOf, payloadOf } from './records.js';

/** @import {ClickPayload, DemoField, DemoRecord, Task} from './types.js' */

/** @typedef {{click: (payload: ClickPayload) => void, open: (id: string) => void, dialable: boolean}} Ports */

/** @param {DemoRecord} record */
export function badge(record) {
  const node = make('span', 'badge', record.personAccount ? 'P' : record.object.slice(0, 1));
  node.dataset['object'] = record.object;
  node.setAttribute('aria-hidden', 'true');
  return node;
}

/**
 * A phone number as `lightning-click-to-dial` shows it: a link while enabled, dimmed text while not.
 * @param {DemoRecord} record @param {DemoField} field @param {Ports} ports
 */
export function phoneLink(record, field, { click, dialable }) {
  const link = make('button', 'phone-link', field.value);
  link.type = 'button';
  link.dataset['number'] = field.value;
  link.dataset['record'] = record.Id;
  link.disabled = !dialable;
  link.title = dialable ? 'Click to dial' : 'Click-to-dial is off';
  link.addEventListener('click', () => click(payloadOf(record, field)));
  return link;
}

/** @param {DemoRecord[]} records @param {DemoRecord|null} current @param {Ports} ports @returns {HTMLElement[]} */
export function listRows(records, current, { open }) {
  return records.map((record) => {
    const button = make('button', 'list-row', badge(record),
      make('span', 'list-text', make('span', 'list-name', record.Name), make('span', 'list-tells', record.tells)));
    button.type = 'button';
    button.dataset['record'] = record.Id;
    if (record === current) button.setAttribute('aria-current', 'page');
    button.addEventListener('click', () => open(record.Id));
    return make('li', '', button);
  });
}

/** @param {unknown} seconds */
const talk = (seconds) => `${Math.floor(Number(seconds) / 60)}:${String(Number(seconds) % 60).padStart(2, '0')}`;

/** @param {Task} task */
function activity(task) {
  const facts = [task['CallType'], task['CallDisposition'], talk(task['CallDurationInSeconds'] ?? 0), task['Status'], task['ActivityDate']];
  const node = make('li', 'activity', make('span', 'activity-sign'),
    make('div', 'activity-text',
      make('strong', '', String(task['Subject'] ?? '(no subject)')),
      make('span', 'muted', facts.filter(Boolean).join(' · ')),
      ...(task['Description'] ? [make('p', '', String(task['Description']))] : [])));
  node.dataset['task'] = task.Id;
  return node;
}

/** @param {string} title @param {Task[]} tasks @param {string} none */
function activityCard(title, tasks, none) {
  const rows = tasks.toReversed().map(activity);
  return make('section', 'card activities', make('h2', '', title),
    rows.length > 0 ? make('ul', '', ...rows) : make('p', 'muted', none));
}

/** Tasks that no record of this org would show. @param {DemoRecord[]} records @param {Task[]} tasks */
export const unlinked = (records, tasks) => {
  const shown = new Set(records.flatMap((record) => activitiesOf(record, tasks)));
  return tasks.filter((task) => !shown.has(task));
};

/** @param {DemoRecord} record @param {DemoRecord[]} records @param {Task[]} tasks @param {Ports} ports */
export function recordPage(record, records, tasks, ports) {
  const details = record.fields.flatMap((field) => [
    make('dt', '', field.label),
    make('dd', '', field.kind === 'phone' ? phoneLink(record, field, ports) : field.value),
  ]);
  const isPage = record.object === 'Page';
  const shown = isPage ? unlinked(records, tasks) : activitiesOf(record, tasks);
  return make('article', '',
    make('section', 'card highlights', badge(record),
      make('div', '', make('span', 'muted', record.personAccount ? 'Person Account' : record.object), make('h1', '', record.Name)),
      make('p', 'tells', record.tells)),
    make('div', 'columns',
      make('section', 'card', make('h2', '', 'Details'), make('dl', '', ...details)),
      activityCard(isPage ? 'Calls without a record' : 'Activity', shown, 'No calls yet. Click the phone number.')));
}

/** @param {string} words @param {DemoRecord[]} found @param {Ports} ports */
export function searchPage(words, found, ports) {
  return make('article', '', make('section', 'card', make('h1', '', `Search: ${words}`),
    found.length > 0 ? make('ul', 'results', ...listRows(found, null, ports)) : make('p', 'muted', 'Nothing found.')));
}

/** @param {string} entity @param {{[field: string]: unknown}} values */
export function newRecordDialog(entity, values) {
  const close = make('button', 'plain', 'Close');
  const rows = Object.entries(values).flatMap(([name, value]) => [make('dt', '', name), make('dd', '', String(value))]);
  const dialog = make('dialog', 'modal', make('h2', '', `New ${entity}`), make('dl', '', ...rows), close);
  close.addEventListener('click', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
