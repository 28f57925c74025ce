/**
 * The boards for supervisors and for engineers: each shows its data, and their age if no update arrives.
 */

import { createClock } from '../softphone/clock.js';
import { el, setData, setText, show } from '../softphone/dom.js';
import { ANSWER_MS, signOut } from '../softphone/session.js';
import { chooseLanguage, createTranslate } from '../softphone/strings.js';
import { createOutcomes, createWebhooks } from './charts.js';
import { createDoor } from './door.js';
import { createLink } from './link.js';
import { createLive } from './live.js';
import { exportOf, fitsAddress, ordered, readOrder } from './order.js';
import { chosen, createPeople } from './people.js';
import { createFigures, createHealth, createSystemFigures, createUnlogged } from './sections.js';
import { createToolbar } from './toolbar.js';

/** @import {Report, Section, Speech} from './types.js' */

// If several orgs share the server, the board's address names the org.
const org = new URLSearchParams(location.search).get('org') ?? '';

/** @returns {Promise<Speech>} */
async function speak() {
  const language = chooseLanguage(navigator.languages);
  const table = await (await fetch(new URL(`lang/${language}.json`, import.meta.url))).json();
  return {
    language,
    t: createTranslate(table, language),
    number: (value) => new Intl.NumberFormat(language).format(value),
    percent: (share) => new Intl.NumberFormat(language, { style: 'percent' }).format(share),
  };
}

const root = /** @type {HTMLElement} */ (document.getElementById('board'));
const speech = await speak();
const { t } = speech;
// One page at two addresses.
const isSystem = location.pathname.endsWith('/system');
setData(root, 'page', isSystem ? 'system' : 'calls');
const title = t(isSystem ? 'system.title' : 'title');
document.documentElement.lang = speech.language;
document.documentElement.dir = speech.t('direction');
document.title = title;

const link = createLink(location, (address) => history.replaceState(null, '', address));
const toolbar = createToolbar(speech, link, { onDay: () => void connect(), onFilter: () => draw() });
const people = createPeople(speech, toolbar.filter, link, () => draw());
/** What stands on this page: the wide parts, those in the grid, and those that move by themselves. */
const [wide, inGrid, moving] = /** @type {[Section[], Section[], Section[]]} */ (systemOrCalls());
const sections = [...wide, ...inGrid];

function systemOrCalls() {
  const health = createHealth(speech);
  if (isSystem) return [[createSystemFigures(speech), health], [createWebhooks(speech)], [health]];
  return [[createFigures(speech), health, people], [createOutcomes(speech), createUnlogged(speech)], [health, people]];
}

const live = el('p', { class: 'live', role: 'status' });
const csv = el('a', { class: 'button', download: 'calls.csv', onclick: exportLong }, t('csv'));
const longExport = el('form', { method: 'post', hidden: true });
const leave = el('button', { type: 'button', class: 'button', onclick: () => void goOut() }, t('sign-out'));
const query = org ? `?org=${encodeURIComponent(org)}` : '';
const other = el('a', { class: 'button', href: (isSystem ? '/board' : '/board/system') + query }, t(isSystem ? 'title' : 'system.title'));
const door = createDoor(speech, org, () => void connect());
const denied = el('p', { class: 'denied', hidden: true }, t('denied'));
const elements = (/** @type {Section[]} */ made) => made.map(({ element }) => element);
const content = el('div', { class: 'content', hidden: true },
  ...(isSystem ? [] : [toolbar.element]), ...elements(wide), el('div', { class: 'grid-of-panels' }, ...elements(inGrid)));
root.replaceChildren(el('header', {}, el('h1', {}, title), live, ...(isSystem ? [] : [csv, longExport]), other, leave), door, denied, content);

/** @type {Report|null} */
let last = null;
// When the last news came, or word that there is none (this page's clock), and the server's clock.
let heardAt = 0;
let day = { since: 0, until: 0 };
// The beginning of the day that the last report is of.
let reported = 0;
const clock = createClock();
const time = new Intl.DateTimeFormat(speech.language, { timeStyle: 'medium' });

/** @param {'live'|'lost'|'stale'|'signed-out'|'denied'|'connecting'} state */
function say(state) {
  const old = last !== null && (state === 'lost' || state === 'stale' || state === 'connecting');
  setData(root, 'state', state);
  setText(live, t(old ? `old.${state}` : `live.${state}`, { at: time.format(heardAt) }));
  show(door, state === 'signed-out');
  show(denied, state === 'denied');
  show(content, last !== null && (state === 'live' || old));
  // Another day's figures would be taken for those of the day that stands above them.
  for (const { element } of sections) show(element, reported === day.since);
  show(csv, last !== null && state === 'live');
  show(leave, state !== 'signed-out' && state !== 'connecting');
}

/** @param {number} now of the server, this moment */
function heard(now) {
  clock.set(now);
  heardAt = Date.now();
}

/** @param {Report} report */
function take(report) {
  last = report;
  reported = day.since;
  heard(report.now);
  draw();
}

function draw() {
  const report = last;
  if (report) for (const section of sections) section.update(report);
  const lists = listed();
  csv.href = `/api/board/calls.csv?${askedFor(fitsAddress(lists) ? lists : [])}`;
}

/** The agents as they are listed: `agent` if the filter leaves some out, `order` if they are sorted. */
function listed() {
  const { words, group } = toolbar.filter();
  const order = link.get('order');
  const ids = ordered(chosen(last?.agents ?? [], { words, group }), order, speech).map(({ user_id }) => user_id);
  return exportOf(ids, { filtered: words !== '' || group !== 'all', sorted: readOrder(order).column !== '' });
}

/** Agents that no address can hold go in a form. @param {Event} event */
function exportLong(event) {
  const lists = listed();
  if (fitsAddress(lists)) return;
  event.preventDefault();
  longExport.action = csv.href;
  longExport.replaceChildren(...['agent', 'order'].filter((name) => lists.some(([list]) => list === name)).map((name) =>
    el('input', { type: 'hidden', name, value: lists.filter(([list]) => list === name).map(([, id]) => id).join(' ') })));
  longExport.submit();
}

async function goOut() {
  if (await signOut('', false, org)) void connect();
  else setText(live, t('sign-out.failed'));
}

/** What every address of this board ends in. @param {string[][]} [more] */
const askedFor = (more = []) => new URLSearchParams([['since', String(day.since)], ['until', String(day.until)], ['org', org], ...more]);

/** @returns {Promise<'there'|'lost'|'shut'>} */
async function ask() {
  day = toolbar.bounds();
  if (last && reported !== day.since) say('connecting');
  try {
    const answer = await fetch(`/api/board?${askedFor()}`, { credentials: 'include', signal: AbortSignal.timeout(ANSWER_MS) });
    if (answer.status === 401 || answer.status === 403) {
      last = null;
      say(answer.status === 401 ? 'signed-out' : 'denied');
      return 'shut';
    }
    if (!answer.ok) return 'lost';
    take(await answer.json());
  } catch {
    return 'lost';
  }
  if (root.dataset['state'] !== 'stale') say('connecting');
  return 'there';
}

const { connect } = createLive({
  ask,
  address: () => `${location.origin.replace('http', 'ws')}/api/board/live?${askedFor()}`,
  onReport(report) {
    take(report);
    say('live');
  },
  onPing: heard,
  onStale: () => say('stale'),
  onLost: () => say('lost'),
});

// Between two reports only durations move. The day that the board is about ends at midnight.
function tick() {
  if (document.hidden || !last || root.dataset['state'] !== 'live') return;
  toolbar.turnToday();
  if (toolbar.bounds().since !== day.since) return void connect();
  for (const section of moving) section.update({ ...last, now: clock.now() });
}

say('connecting');
addEventListener('resize', draw);
// Somebody's link, opened in this very tab.
addEventListener('hashchange', () => location.reload());
setInterval(tick, 1_000);
await connect();
