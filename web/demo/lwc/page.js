/**
 * The demo org without Open CTI: the softphone is a Lightning component of our own. `window.demoOrg`
 * is what tests see of it; `config.components` is where the compiled components are, if they are.
 */

import { byId, make } from '../dom.js';
import { listRows, newRecordDialog, recordPage } from '../pages.js';
import { payloadOf, RECORDS } from '../records.js';
import { createTasks } from '../tasks.js';
import { createPlatform } from './platform.js';

/** @import {ClickPayload, DemoRecord, Org, Pop} from '../types.js' */

const TOAST_MS = 6_000;

const config = await (await fetch('../demo-config.json')).json();
const wishes = new URLSearchParams(location.search);
const agent = wishes.get('agent') ?? config.agent;
/** @type {DemoRecord[]} */
const records = config.records ?? RECORDS;
const tasks = createTasks(localStorage);
/** @type {{method: string, args: any}[]} */
const messages = [];
/** @type {Pop[]} */
const pops = [];
let dialable = false;

/** @returns {DemoRecord|null} */
const current = () => records.find(({ Id }) => Id === location.hash.split('/').at(-1)) ?? records[0] ?? null;

/** @param {string} id */
function navigate(id) {
  location.hash = `#/${records.find(({ Id }) => Id === id)?.object ?? 'record'}/${id}`;
}

/** @param {ClickPayload} payload @returns {boolean} whether a number can be clicked */
function click(payload) {
  platform.messages.publish({ kind: 'click', ...payload });
  return dialable;
}

/** @param {Pop} pop */
function pop(pop) {
  pops.push(pop);
  const { type, params } = pop;
  const toast = make('p', 'toast', `Opened: ${type}`);
  byId('toasts').append(toast);
  setTimeout(() => toast.remove(), TOAST_MS);
  if (type === 'standard__recordPage') navigate(params.recordId);
  else if (params.actionName === 'new') newRecordDialog(params.objectApiName, Object.fromEntries(new URLSearchParams(params.defaultFieldValues)));
}

/** @param {boolean} visible */
function show(visible) {
  byId('panel').hidden = !visible;
  byId('item').setAttribute('aria-expanded', String(visible));
  document.body.dataset['panel'] = visible ? 'open' : 'closed';
}

/** @type {Org['panel']} */
const panel = {
  visible: () => !byId('panel').hidden,
  show,
  size: (part, px) => byId('frame').style.setProperty(part, `${px}px`),
  label: (part, text) => {
    byId(part === 'item' ? 'item-label' : 'panel-label').textContent = text;
  },
  icon: (part, key) => {
    byId(part === 'item' ? 'item' : 'panel-label').dataset['icon'] = key;
  },
};
const [orgId, userId] = (wishes.get('who') ?? '').split('/');
/** @type {Org} */
const org = {
  records, tasks, current, pop, panel, refresh: render, settings: config.settings,
  who: orgId && userId ? { org: orgId, user: userId } : undefined,
  clickToDial: () => undefined,
};
const platform = createPlatform(org, (entry) => messages.push(entry));
Object.assign(window, { platform });

function render() {
  const record = current();
  byId('records').replaceChildren(...listRows(records, record, { click, open: navigate, dialable }));
  if (record) byId('page').replaceChildren(recordPage(record, records, tasks.all(), { click, open: navigate, dialable }));
  byId('dial-state').textContent = dialable ? 'Click-to-dial is on' : 'Click-to-dial is off';
  byId('dial-state').dataset['on'] = String(dialable);
}

function moved() {
  render();
  const record = current();
  const isRecord = record && record.object !== 'Page';
  platform.move(isRecord
    ? { type: 'standard__recordPage', attributes: { recordId: record.Id, objectApiName: record.object, actionName: 'view' }, state: {} }
    : { type: 'standard__namedPage', attributes: { pageName: 'home' }, state: {} });
}

const address = new URL(config.softphone_url);
address.searchParams.set('demo_agent', agent);
const components = config.components ?? './standin.js';

async function mount() {
  const { mountHost } = await import(components);
  byId('frame').replaceChildren();
  await mountHost(byId('frame'), address.href, platform);
}

platform.messages.subscribe(({ kind, enabled }) => {
  if (kind !== 'dialable') return;
  dialable = enabled;
  render();
});
byId('item').addEventListener('click', () => show(byId('panel').hasAttribute('hidden')));
byId('minimise').addEventListener('click', () => show(false));
window.addEventListener('storage', render);
window.addEventListener('hashchange', moved);
byId('agent').textContent = agent;
/** As when the panel is popped out: another window's frame, the same address. */
function reloadPanel() {
  const frame = document.querySelector('#frame iframe, #frame *');
  const inner = frame instanceof HTMLIFrameElement ? frame : frame?.shadowRoot?.querySelector('iframe') ?? frame?.querySelector('iframe');
  if (inner) inner.src = String(inner.src);
}
byId('reload').addEventListener('click', reloadPanel);
byId('clear').addEventListener('click', () => {
  tasks.clear();
  render();
});
show(!wishes.has('closed'));
moved();
await mount();

Object.assign(window, {
  demoOrg: {
    get tasks() {
      return tasks.all();
    },
    get clickToDial() {
      return dialable;
    },
    pops, messages, click, navigate, reloadPanel,
    fail: platform.fail, answer: platform.answer, hold: platform.hold, release: platform.release,
    payload: (/** @type {string} */ id) => {
      const record = records.find(({ Id }) => Id === id);
      const field = record?.fields.find(({ kind }) => kind === 'phone');
      return record && field ? payloadOf(record, field) : null;
    },
    open: () => show(true),
    close: () => show(false),
    clear: tasks.clear,
  },
});
