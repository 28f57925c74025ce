/**
 * A window of our own with the agent's phone, for a panel whose frame has no microphone.
 *
 * It carries only the audio: calls are shown, answered and controlled in the panel that opened it. It
 * exchanges messages only with its opener (audiowindow.js).
 */

import { createAudioBar } from './audiobar.js';
import { MARK } from './audiowindow.js';
import { createBrowserPhone } from './browserphone.js';
import { el } from './dom.js';
import { loadStyle } from './lazy.js';
import { journalStore } from './stores.js';
import { createTranslate, loadLate, loadStrings } from './strings.js';

/** @import {Ticket} from './session.js' */

const GREET_MS = 1_000;
const PATIENCE_MS = 10_000;

const root = /** @type {HTMLElement} */ (document.getElementById('phone'));
const { language, table } = await loadStrings();
await Promise.all([loadLate(language, table), loadStyle()]);
const t = createTranslate(table, language);
document.documentElement.lang = language;
document.documentElement.dir = t('direction');
document.title = t('audio.label');

/** @type {Window|null} */
const opener = window.opener;
/** @type {any} */
const page = {
  model: { view: null, stage: 'live', audio: undefined }, t, local: journalStore(),
  moreWords: async () => undefined, render: () => bar.update(page.model),
};
const bar = createAudioBar(/** @type {any} */ ({ t }));
root.replaceChildren(bar.element, el('p', { class: 'window-hint' }, t(opener ? 'audio.windowHint' : 'audio.windowAlone')));

/** @type {Map<number, (ticket: Ticket) => void>} */
const waiting = new Map();
let asked = 0;
/** @type {ReturnType<typeof createBrowserPhone>|null} */
let phone = null;
const say = (/** @type {object} */ said) => opener?.postMessage({ [MARK]: said }, location.origin);

/** The frame that opened us is signed in; we are not. @returns {Promise<Ticket>} */
const fetchTicket = () => new Promise((resolve) => {
  const id = (asked += 1);
  waiting.set(id, resolve);
  say({ say: 'ticket', id });
  setTimeout(() => waiting.delete(id) && resolve({ ok: false, code: 'unreachable' }), PATIENCE_MS);
});

/** Messages between tabs pass through the frame. @type {any} */
const channel = { onmessage() {}, postMessage: (/** @type {object} */ data) => say({ say: 'told', data }), close() {} };
/** The newest window has the phone; the server enforces it. @type {any} */
const locks = { request: (/** @type {string} */ _name, /** @type {object} */ _how, /** @type {() => Promise<unknown>} */ act) => act() };

addEventListener('message', ({ source, origin, data }) => {
  const said = Object(data)[MARK];
  if (!said || source !== opener || origin !== location.origin) return;
  if (said.say === 'view') {
    // A panel of another build may leave out what this window has learned to read.
    page.model.view = { notices: [], ...said.view, can: {} };
    phone ??= createBrowserPhone(page, fetchTicket, { channel: () => channel, locks });
  } else if (said.say === 'ticket') {
    waiting.get(said.id)?.(said.ticket);
    waiting.delete(said.id);
  } else if (said.say === 'told') {
    channel.onmessage({ data: said.data });
  } else if (said.say === 'bye') {
    phone?.leave();
    window.close();
  }
});

setInterval(greet, GREET_MS);
greet();

/** Greet a frame that was reloaded; without a frame, close. */
function greet() {
  if (!opener?.closed) say({ say: 'hello' });
  else if (page.model.audio?.state !== 'talking') window.close();
}
