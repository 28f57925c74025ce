/** The board's text sections: figures, the provider's health, and calls without a log. */

import { formatDuration, formatWhen } from '../softphone/clock.js';
import { el, keyedList, setData, setText, show } from '../softphone/dom.js';

/** @import {Report, Section, Speech, Unlogged} from './types.js' */

const SILENT_MS = 600_000;
const RINGING = new Set(['ringing-user-devices', 'dialing-destination', 'ringing-inbound']);

/** The latest minute that had webhooks with a known lag. @param {Report} report */
const lagOf = ({ webhooks }) => webhooks.minutes.findLast(({ p95 }) => p95 !== null)?.p95 ?? null;

/** @type {{[name: string]: (report: Report, speech: Speech) => [string, string]}} a value and what to make of it */
const FIGURES = {
  talking: ({ agents }, { number }) => [number(agents.filter(({ state }) => state === 'bridged').length), ''],
  ringing: ({ agents }, { number }) => [number(agents.filter(({ state }) => RINGING.has(state)).length), ''],
  ready: ({ agents }, { number }) => [number(agents.filter(({ state }) => state === 'idle').length), ''],
  over: ({ calls }, { number }) => [number(calls.over), ''],
  answered: ({ calls }, { percent }) => [calls.over ? percent((calls.by_outcome['answered'] ?? 0) / calls.over) : '–', ''],
  talk: ({ calls }) => [formatDuration(calls.talk_seconds * 1000), ''],
  average: ({ calls }) => [calls.talks ? formatDuration((calls.talk_seconds / calls.talks) * 1000) : '–', ''],
  unlogged: ({ unlogged }, { number }) => [number(unlogged.length), unlogged.some(({ errors, why }) => errors.length || why === 'refused' || why === 'not-confirmed') ? 'bad' : ''],
  lag: (report, { t, number }) => {
    const lag = lagOf(report);
    return [lag === null ? '–' : t('webhooks.ms', { ms: number(lag) }), lag !== null && lag > 5000 ? 'bad' : ''];
  },
  api: ({ provider }, { t, number }) => {
    const slowest = provider?.p95_ms ?? null;
    return [slowest === null ? '–' : t('webhooks.ms', { ms: number(slowest) }), provider?.failed || (slowest ?? 0) > 3000 ? 'bad' : ''];
  },
  parked: ({ parked }, { number }) => [number(parked), parked ? 'bad' : ''],
  unconfirmed: ({ unconfirmed }, { number }) => [number(unconfirmed), unconfirmed ? 'bad' : ''],
  known: ({ agents_known }, { number }) => [number(agents_known), ''],
};

const SUPERVISOR = ['talking', 'ringing', 'ready', 'over', 'answered', 'talk', 'average', 'unlogged'];
const ENGINEER = ['lag', 'api', 'parked', 'unconfirmed', 'known'];

/** The API's latest failure, unless it has answered since. @param {Report} report @returns {[string, number] | null} */
const troubleOf = ({ provider }) => {
  const at = provider?.last_trouble_at ?? null;
  return provider && at !== null && at > (provider.last_answer_at ?? 0) ? [provider.last_trouble, at] : null;
};

/** What a supervisor wants to know. @param {Speech} speech */
export const createFigures = (speech) => figures(speech, SUPERVISOR);

/** What an engineer wants to know. @param {Speech} speech */
export const createSystemFigures = (speech) => figures(speech, ENGINEER);

/** @param {Speech} speech @param {string[]} names @returns {Section} */
function figures(speech, names) {
  const values = names.map((name) => ({ name, value: el('dd', {}) }));
  const element = el('dl', { class: 'figures' },
    ...values.map(({ name, value }) => el('div', { class: 'figure', 'data-figure': name }, el('dt', {}, speech.t(`figure.${name}`)), value)));
  return {
    element,
    update(report) {
      for (const { name, value } of values) {
        const [text, tone] = FIGURES[name]?.(report, speech) ?? ['', ''];
        setText(value, text);
        setData(value, 'tone', tone);
      }
    },
  };
}

/** What is known of the provider's health, in one sentence. @param {Speech} speech @returns {Section} */
export function createHealth({ t, number }) {
  const words = el('p', { class: 'health-words' });
  const element = el('section', { class: 'health', 'aria-label': t('health.title') }, el('span', { class: 'health-dot', 'aria-hidden': 'true' }), words);
  return {
    element,
    update(report) {
      const { webhooks, now, unconfirmed, parked } = report;
      const ringing = report.agents.some(({ state }) => state === 'dialing-destination' || state === 'bridged');
      const silent = ringing && (webhooks.last_at === null || now - webhooks.last_at > SILENT_MS);
      const failed = webhooks.minutes.slice(-5).reduce((sum, { errors }) => sum + errors, 0);
      const trouble = troubleOf(report);
      const key = trouble ? trouble[0] : failed ? 'errors' : unconfirmed ? 'unconfirmed' : silent ? 'silent' : parked ? 'parked' : webhooks.last_at === null ? 'quiet' : 'well';
      const last = trouble ? trouble[1] : webhooks.last_at;
      const ago = last === null ? '' : formatDuration(now - last);
      setData(element, 'tone', key === 'well' || key === 'quiet' ? 'good' : 'bad');
      setText(words, t(`health.${key}`, { ago, count: failed || unconfirmed || parked, number: number(failed || unconfirmed || parked) }));
    },
  };
}

/** When the call was and how it ended; a call may wait for its log for days. @param {Unlogged} row @param {Pick<Speech, 't'|'language'>} speech @param {number} now */
export const unloggedCall = ({ started_at: at, outcome }, { t, language }, now) => `${formatWhen(at, now, language)} · ${t(`outcome.${outcome}`)}`;

/** @param {Speech} speech @returns {Section} */
export function createUnlogged(speech) {
  const { t } = speech;
  let now = 0;
  const list = el('ul', {});
  const empty = el('p', { class: 'empty' }, t('unlogged.none'));
  const rows = keyedList(list, (/** @type {Unlogged} */ row) => row.log_id, () => {
    const who = el('strong', {});
    const what = el('span', {});
    const why = el('p', {});
    const element = el('li', {}, el('div', {}, who, what), why);
    return {
      element,
      update(/** @type {Unlogged} */ row) {
        setText(who, row.agent);
        setText(what, unloggedCall(row, speech, now));
        setText(why, [t(`why.${row.why}`), ...row.errors].join(' '));
        setData(element, 'why', row.why);
      },
    };
  });
  return {
    element: el('section', { class: 'panel unlogged' }, el('h2', {}, t('unlogged.title')), list, empty),
    update(report) {
      const { unlogged } = report;
      now = report.now;
      rows(unlogged);
      show(empty, unlogged.length === 0);
    },
  };
}
