/**
 * The supervisors' board: shows what it hears, and how old that is when it hears nothing.
 */

import { createClock } from '../softphone/clock.js';
import { el, setData, setText, show } from '../softphone/dom.js';
import { fetchSettings, signInByName } from '../softphone/session.js';
import { signInWithSalesforce } from '../softphone/signin.js';
import { chooseLanguage, createTranslate } from '../softphone/strings.js';
import { createOutcomes, createWebhooks } from './charts.js';
import { createLive } from './live.js';
import { createFigures, createHealth, createPeople, createUnlogged } from './sections.js';

/** @import {Report, Speech} from './types.js' */

// Where several orgs share the server, the address of the board says whose it is.
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

/** When today began here, in milliseconds. */
function midnight() {
  return new Date().setHours(0, 0, 0, 0);
}

/** @param {Speech} speech @param {() => void} then */
function createDoor({ t }, then) {
  const name = el('input', { name: 'name', autocomplete: 'name', required: true });
  const field = el('label', { class: 'field' }, t('signin.name'), name);
  const wrong = el('p', { class: 'wrong', role: 'alert' });
  const element = el('form', { class: 'door', hidden: true }, el('h2', {}, t('signin.title')), field, el('button', { type: 'submit', class: 'button' }, t('signin.button')), wrong);
  let byName = true;
  void fetchSettings('').then((settings) => {
    byName = settings?.sign_in !== 'salesforce';
    name.required = byName;
    show(field, byName);
  });
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    const done = byName ? await signInByName(name.value) : await signInWithSalesforce(location.origin, org);
    setText(wrong, done ? '' : t('signin.failed'));
    if (done) then();
  });
  return element;
}

const root = /** @type {HTMLElement} */ (document.getElementById('board'));
const speech = await speak();
const { t } = speech;
document.documentElement.lang = speech.language;
document.title = t('title');

const sections = [createFigures, createHealth, createPeople, createOutcomes, createUnlogged, createWebhooks].map((make) => make(speech));
const moving = sections.slice(1, 3);
const live = el('p', { class: 'live', role: 'status' });
const csv = el('a', { class: 'button', download: 'calls.csv' }, t('csv'));
const door = createDoor(speech, () => void connect());
const denied = el('p', { class: 'denied', hidden: true }, t('denied'));
const grid = el('div', { class: 'grid-of-panels' }, ...sections.slice(2).map(({ element }) => element));
const content = el('div', { class: 'content', hidden: true }, ...sections.slice(0, 2).map(({ element }) => element), grid);
root.replaceChildren(el('header', {}, el('h1', {}, t('title')), live, csv), door, denied, content);

/** @type {Report|null} */
let last = null;
// When the last news came, or word that there is none (this page's clock), and the server's clock.
let heardAt = 0;
let began = 0;
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
  show(csv, last !== null && state === 'live');
}

/** @param {number} now of the server, this moment */
function heard(now) {
  clock.set(now);
  heardAt = Date.now();
}

/** @param {Report} report */
function take(report) {
  last = report;
  heard(report.now);
  draw();
}

function draw() {
  const report = last;
  if (report) for (const section of sections) section.update(report);
}

/** What every address of this board ends in. */
const asked = () => new URLSearchParams({ since: String(began), org });

/** @returns {Promise<'there'|'lost'|'shut'>} */
async function ask() {
  began = midnight();
  try {
    const answer = await fetch(`/api/board?${asked()}`, { credentials: 'include' });
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
  csv.href = `/api/board/calls.csv?${asked()}`;
  if (root.dataset['state'] !== 'stale') say('connecting');
  return 'there';
}

const { connect } = createLive({
  ask,
  address: () => `${location.origin.replace('http', 'ws')}/api/board/live?${asked()}`,
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
  if (began !== midnight()) return void connect();
  for (const section of moving) section.update({ ...last, now: clock.now() });
}

say('connecting');
addEventListener('resize', draw);
setInterval(tick, 1_000);
await connect();
