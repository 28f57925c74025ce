/**
 * The supervisors' board: asks every two seconds, and shows what it hears.
 *
 * Polling, not a socket: what is on the board is made of many rows and read once a second for all
 * who look, so a socket would carry the same answers no sooner.
 */

import { el, setData, setText, show } from '../softphone/dom.js';
import { fetchSettings, signInByName } from '../softphone/session.js';
import { signInWithSalesforce } from '../softphone/signin.js';
import { chooseLanguage, createTranslate } from '../softphone/strings.js';
import { createOutcomes, createWebhooks } from './charts.js';
import { createFigures, createHealth, createPeople, createUnlogged } from './sections.js';

/** @import {Report, Speech} from './types.js' */

const EVERY_MS = 2_000;

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
const live = el('p', { class: 'live', role: 'status' });
const csv = el('a', { class: 'button', download: 'calls.csv' }, t('csv'));
const door = createDoor(speech, () => void look());
const denied = el('p', { class: 'denied', hidden: true }, t('denied'));
const grid = el('div', { class: 'grid-of-panels' }, ...sections.slice(2).map(({ element }) => element));
const content = el('div', { class: 'content', hidden: true }, ...sections.slice(0, 2).map(({ element }) => element), grid);
root.replaceChildren(el('header', {}, el('h1', {}, t('title')), live, csv), door, denied, content);

/** @type {Report|null} */
let last = null;

/** @param {'live'|'lost'|'signed-out'|'denied'|'connecting'} state */
function say(state) {
  setData(root, 'state', state);
  setText(live, t(`live.${state}`));
  show(door, state === 'signed-out');
  show(denied, state === 'denied');
  show(content, last !== null && (state === 'live' || state === 'lost'));
  show(csv, state === 'live');
}

function draw() {
  const report = last;
  if (report) for (const section of sections) section.update(report);
}

async function look() {
  const asked = new URLSearchParams({ since: String(midnight()), org });
  try {
    const answer = await fetch(`/api/board?${asked}`, { credentials: 'include' });
    if (answer.status === 401 || answer.status === 403) {
      last = null;
      return say(answer.status === 401 ? 'signed-out' : 'denied');
    }
    if (!answer.ok) return say('lost');
    last = await answer.json();
  } catch {
    return say('lost');
  }
  csv.href = `/api/board/calls.csv?${asked}`;
  say('live');
  draw();
}

say('connecting');
addEventListener('resize', draw);
setInterval(() => root.dataset['state'] !== 'signed-out' && !document.hidden && void look(), EVERY_MS);
await look();
