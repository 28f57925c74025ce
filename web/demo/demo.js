/**
 * The demo org: a page that looks and talks like Lightning, so that the softphone's production code
 * runs in it unchanged. `window.demoOrg` is what tests see of it.
 */

import { byId, make } from './dom.js';
import { createHost } from './host.js';
import { viewInfo } from './methods.js';
import { listRows, newRecordDialog, recordPage, searchPage } from './pages.js';
import { RECORDS, search } from './records.js';
import { createTasks } from './tasks.js';
import { createUtility, frameAddress } from './utility.js';

/** @import {ClickPayload, DemoConfig, DemoRecord, Org, Pop, WireMessage} from './types.js' */

const TOAST_MS = 6_000;

/** @type {DemoConfig} */
const config = await (await fetch('demo-config.json')).json();
const agent = new URLSearchParams(location.search).get('agent') ?? config.agent;
const records = config.records ?? RECORDS;
const tasks = createTasks(localStorage);
/** @type {WireMessage[]} */
const messages = [];
/** @type {Pop[]} */
const pops = [];
let dialable = false;
/** @type {string|null} */
let searched = null;

/** @returns {DemoRecord|null} */
const current = () => records.find(({ Id }) => Id === location.hash.split('/').at(-1)) ?? records[0] ?? null;

/** @param {string} text */
function toast(text) {
  const node = make('p', 'toast', text);
  byId('toasts').append(node);
  setTimeout(() => node.remove(), TOAST_MS);
}

/** @param {ClickPayload} payload @returns {boolean} whether the softphone was told */
function click(payload) {
  if (dialable) host.click(payload);
  return dialable;
}

/** @param {string} id */
function navigate(id) {
  const record = records.find(({ Id }) => Id === id);
  searched = null;
  location.hash = `#/${record?.object ?? 'record'}/${id}`;
}

const ports = { click, open: navigate, get dialable() { return dialable; } };

function render() {
  const record = current();
  byId('records').replaceChildren(...listRows(records, searched === null ? record : null, ports));
  if (searched !== null) byId('page').replaceChildren(searchPage(searched, search(records, searched), ports));
  else if (record) byId('page').replaceChildren(recordPage(record, records, tasks.all(), ports));
  byId('dial-state').textContent = dialable ? 'Click-to-dial is on' : 'Click-to-dial is off';
  byId('dial-state').dataset['on'] = String(dialable);
}

/** @param {Pop} pop */
function pop(pop) {
  pops.push(pop);
  const { type, params } = pop;
  toast(`Screen pop: ${type}`);
  if (type === 'sobject') navigate(params.recordId);
  else if (type === 'newRecord') newRecordDialog(params.entityName, params.defaultFieldValues ?? {});
  else if (type === 'search') {
    searched = params.searchString;
    render();
  }
}

const origin = new URL(config.softphone_url).origin;
// `?who=00D…/005…` is whom Apex finds itself run by.
const [orgId, userId] = (new URLSearchParams(location.search).get('who') ?? '').split('/');
const utility = createUtility(frameAddress(config.softphone_url, location.origin, agent), () => host.reset());
/** @type {Org} */
const org = {
  records, tasks, current, pop,
  settings: config.settings, layout: config.layout,
  who: orgId && userId ? { org: orgId, user: userId } : undefined,
  refresh: render,
  clickToDial(on) {
    dialable = on;
    render();
  },
  panel: utility,
};
const host = createHost({ org, origin: () => origin, frame: utility.window, log: (entry) => messages.push(entry) });

window.addEventListener('message', host.receive);
window.addEventListener('storage', render);
window.addEventListener('hashchange', () => {
  render();
  host.fire('onNavigationChange', viewInfo(current()));
});
byId('agent').textContent = agent;
byId('reload').addEventListener('click', utility.reload);
byId('clear').addEventListener('click', () => {
  tasks.clear();
  render();
});
const objects = [...new Set(records.map(({ object }) => object))].filter((object) => object !== 'Page');
byId('tabs').append(...objects.map((object) => {
  const tab = make('button', 'tab', `${object}s`);
  tab.type = 'button';
  tab.addEventListener('click', () => navigate(records.find((record) => record.object === object)?.Id ?? ''));
  return tab;
}));
const wishes = new URLSearchParams(location.search);
if (!wishes.has('unopened')) {
  utility.begin();
  utility.show(!wishes.has('closed'));
}
render();

Object.assign(window, {
  demoOrg: {
    get tasks() {
      return tasks.all();
    },
    get clickToDial() {
      return dialable;
    },
    pops,
    messages,
    click,
    navigate,
    fail: host.fail,
    hold: host.hold,
    release: host.release,
    /** @param {string} name @param {unknown} payload */
    fire: (name, payload) => host.fire(name, payload),
    channel: host.channel,
    open: () => utility.show(true),
    close: () => utility.show(false),
    reloadPanel: utility.reload,
    clear: tasks.clear,
  },
});
