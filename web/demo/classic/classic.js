/**
 * A stand-in for Salesforce Classic. Each record is a page of its own: a link loads it anew, with
 * the phone in its sidebar. `?console` makes it the console, where the phone stays as it is.
 * `window.demoOrg` is what tests see; its messages outlive the page, as this tab's.
 */

import { byId, make } from '../dom.js';
import { recordPage, searchPage } from '../pages.js';
import { RECORDS, search } from '../records.js';
import { createTasks } from '../tasks.js';
import { METHODS, infoOf } from './methods.js';

/** @import {ClickPayload, DemoRecord} from '../types.js' */

const MESSAGES = 'classic/messages';
const config = await (await fetch('../demo-config.json')).json();
const query = new URLSearchParams(location.search);
const agent = query.get('agent') ?? config.agent;
const inConsole = query.has('console');
const address = new URL(config.softphone_url);
const tasks = createTasks(localStorage);
let dialable = false;
/** @type {Set<string>} */
const silenced = new Set();

/** @returns {any[]} */
const messages = () => JSON.parse(sessionStorage.getItem(MESSAGES) ?? '[]');
/** @param {object} entry */
const log = (entry) => sessionStorage.setItem(MESSAGES, JSON.stringify([...messages(), { at: Date.now(), ...entry }]));

/** @returns {DemoRecord|null} */
const current = () => (query.has('str') ? null : RECORDS.find(({ Id }) => Id === query.get('id')) ?? RECORDS[0] ?? null);

/** The address of another page of this org. @param {{[name: string]: string}} parts */
function pageOf(parts) {
  const next = new URLSearchParams({ agent, ...parts });
  return `?${next}${inConsole ? '&console' : ''}`;
}

const frame = make('iframe', '');
frame.title = 'Softphone';
frame.allow = 'microphone; autoplay';
address.searchParams.set('sfdcIFrameOrigin', location.origin);
address.searchParams.set('nonce', crypto.randomUUID());
if (agent) address.searchParams.set('demo_agent', agent);
frame.src = address.href;
byId('frame').append(frame);

/** @param {object} message */
const post = (message) => frame.contentWindow?.postMessage({ classic: true, ...message }, address.origin);

/** @param {object} info @returns {boolean} whether the softphone was told */
function click(info) {
  if (dialable) post({ event: 'onClickToDial', reply: { result: JSON.stringify(info) } });
  return dialable;
}

function render() {
  const record = current();
  const ports = { dialable, open: (/** @type {string} */ id) => location.assign(pageOf({ id })), click: (/** @type {ClickPayload} */ payload) => void click(clicked(record, payload)) };
  if (record) byId('page').replaceChildren(recordPage(record, RECORDS, tasks.all(), ports));
  else byId('page').replaceChildren(searchPage(query.get('str') ?? '', search(RECORDS, query.get('str') ?? ''), ports));
  byId('records').replaceChildren(...RECORDS.map((one) => {
    const link = make('a', '', one.Name);
    link.href = pageOf({ id: one.Id });
    if (one === record) link.setAttribute('aria-current', 'page');
    return make('li', '', link);
  }));
  byId('dial-state').textContent = dialable ? 'Click-to-dial is on' : 'Click-to-dial is off';
  byId('dial-state').dataset['on'] = String(dialable);
}

/** @param {DemoRecord|null} record @param {ClickPayload} payload */
function clicked(record, payload) {
  const field = record?.fields.find(({ value }) => value === payload.number) ?? { label: '', value: payload.number };
  return infoOf(payload.recordId ? record : null, field);
}

/** @type {import('./methods.js').Page} */
const page = {
  settings: config.settings, records: RECORDS, current, inConsole, tasks, address: location.href,
  dialable(on) {
    dialable = on;
    render();
  },
  visible(on) {
    if (on !== undefined) byId('frame').hidden = !on;
    return !byId('frame').hidden;
  },
  go(url) {
    const target = new URL(url, location.origin);
    location.assign(pageOf(target.searchParams.has('str') ? { str: target.searchParams.get('str') ?? '' } : { id: target.pathname.slice(1) }));
  },
  // In the console only the tab in view is loaded anew, not the phone beside it.
  reload: () => (inConsole ? render() : location.reload()),
  redraw: render,
  size: (part, px) => frame.style.setProperty(part, `${px}px`),
};

window.addEventListener('message', ({ source, origin, data }) => {
  if (source !== frame.contentWindow || origin !== address.origin || data?.classic !== true) return;
  log({ method: data.method, args: data.args });
  const act = METHODS[data.method];
  const reply = act ? act(data.args, page) : { error: `unknown method ${data.method}` };
  if (!silenced.has(data.method)) post({ callId: data.callId, reply });
});
window.addEventListener('storage', render);
window.addEventListener('focus', () => post({ event: 'onFocus', reply: METHODS['getPageInfo']?.([], page) }));
byId('agent').textContent = agent;
render();

Object.assign(window, {
  demoOrg: {
    get tasks() {
      return tasks.all();
    },
    get clickToDial() {
      return dialable;
    },
    get messages() {
      return messages();
    },
    click,
    infoOf,
    /** Leave a method's calls without their replies. @param {string} method */
    silence: (method) => silenced.add(method),
  },
});
