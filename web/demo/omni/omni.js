/**
 * The demo org's page with Omni-Channel: the records of the other stand-in, a phone, and the org's
 * VoiceCall records. `window.omniOrg` is what tests see of it.
 */

import { byId, make } from '../dom.js';
import { badge } from '../pages.js';
import { RECORDS } from '../records.js';
import { createHost } from './host.js';
import { START, told } from './phone.js';

/** @import {DemoRecord} from '../types.js' */
/** @import {Live} from './phone.js' */

const LOOK_MS = 1_000;
const EVENTS_SHOWN = 50;

const config = await (await fetch('/omni-config.json')).json();
const agent = new URLSearchParams(location.search).get('agent') ?? config.agent;
const frame = /** @type {HTMLIFrameElement} */ (byId('connector'));
const signIn = /** @type {HTMLIFrameElement} */ (byId('sign-in'));
let phone = START;
/** @type {{event: string, payload: any}[]} */
const events = [];

/** The id that the dev sign-in makes of a name. */
async function userId() {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(agent.toLowerCase()));
  return `005${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('').slice(0, 12).toUpperCase()}`;
}

const host = createHost({
  frame,
  config: async () => ({ organizationId: config.org_id, userId: await userId(), userFullName: agent, isACWAllowed: 'true' }),
  heard(event, payload) {
    events.push({ event, payload });
    phone = told(phone, event, payload, config.labels);
    if (event === 'CALL_STARTED') void makeRecord(payload, 'new');
    if (event === 'CALL_CONNECTED') void makeRecord(payload, 'in-progress');
    render();
  },
});

/** Salesforce makes the record of a call that it is told of, and knows of the talk. @param {any} call @param {string} state */
async function makeRecord(call, state) {
  const [from, to] = call.callType === 'Inbound' ? ['FromPhoneNumber', 'ToPhoneNumber'] : ['ToPhoneNumber', 'FromPhoneNumber'];
  const fields = { CallType: call.callType, [from]: call.phoneNumber, [to]: agent, CallStartDateTime: new Date().toISOString(), CallDisposition: state };
  await fetch(`/voicecalls/${encodeURIComponent(call.callId)}`, { method: 'POST', body: JSON.stringify(fields) });
}

/** @param {string} number @param {DemoRecord|null} [record] */
function dial(number, record = null) {
  phone = { ...phone, error: '' };
  host.ask({ type: 'DIAL', contact: { phoneNumber: number, ...(record && { id: record.Id, recordId: record.Id, name: record.Name, type: 'PhoneNumber' }) } });
}

/** @param {string} text @param {() => void} act @param {string} [className] */
function button(text, act, className = '') {
  const node = make('button', className, text);
  node.type = 'button';
  node.addEventListener('click', act);
  return node;
}

/** @param {Live} call */
function card(call) {
  const asked = { call: { callId: call.id } };
  const { info } = call;
  const isUp = call.state === 'connected';
  const buttons = call.state === 'work'
    ? [button('Close the work', () => finish(call))]
    : [
      ...(info.acceptEnabled && call.type === 'Inbound' && !isUp ? [button('Accept', () => host.ask({ type: 'ACCEPT_CALL', ...asked }))] : []),
      ...(info.declineEnabled && call.type === 'Inbound' && !isUp ? [button('Decline', () => host.ask({ type: 'DECLINE_CALL', ...asked }))] : []),
      ...(info.holdEnabled && isUp ? [button(call.held ? 'Resume' : 'Hold', () => host.ask({ type: call.held ? 'RESUME' : 'HOLD', ...asked }))] : []),
      ...(info.showMuteButton && isUp ? [button(call.muted ? 'Unmute' : 'Mute', () => host.ask({ type: call.muted ? 'UNMUTE' : 'MUTE', ...asked }))] : []),
      ...(info.showAddBlindTransferButton && isUp ? [button('Transfer', () => transfer(call))] : []),
      button('End call', () => host.ask({ type: 'END_CALL', ...asked }), 'end'),
    ];
  const names = { ringing: call.type === 'Inbound' ? 'Incoming call' : 'Calling', connected: 'On a call', work: 'After-call work' };
  const node = make('div', 'live', make('span', 'muted', names[call.state]), make('strong', '', call.name || call.number || call.id), make('div', 'buttons', ...buttons));
  node.dataset['state'] = call.state;
  return node;
}

/** @param {Live} call */
function finish(call) {
  host.ask({ type: 'WRAP_UP_CALL', call: { callId: call.id } });
  phone = { ...phone, calls: phone.calls.filter(({ id }) => id !== call.id) };
  render();
}

/** @param {Live} call */
function transfer(call) {
  const phoneNumber = prompt('Transfer to');
  if (phoneNumber) host.ask({ type: 'ADD_PARTICIPANT', contact: { phoneNumber }, call: { callId: call.id }, isBlindTransfer: true });
}

function keypad() {
  const field = make('input', '');
  field.type = 'tel';
  field.setAttribute('aria-label', 'Number');
  return make('div', 'live keypad', field, make('div', 'buttons', button('Call', () => dial(field.value))));
}

function render() {
  byId('omni').dataset['state'] = phone.isReady ? 'ready' : phone.needsSignIn ? 'sign-in' : 'waiting';
  signIn.hidden = !phone.needsSignIn;
  if (phone.needsSignIn && !signIn.src) signIn.src = `${config.connector_url}/sign-in?demo_agent=${encodeURIComponent(agent)}`;
  byId('error').hidden = !phone.error;
  byId('error').textContent = phone.error;
  const shown = phone.calls.map(card);
  if (!phone.isReady) shown.push(make('p', 'muted', config.library ? 'The phone is not ready yet.' : "Salesforce's library is not here: fetch it with scripts/voice-library, and start the demo again."));
  else if (shown.length === 0) shown.push(keypad());
  byId('phone').replaceChildren(...shown);
  byId('events').replaceChildren(...events.slice(-EVENTS_SHOWN).map(({ event }) => make('li', '', event)));
  for (const link of document.querySelectorAll('.phone-link')) /** @type {HTMLButtonElement} */ (link).disabled = !phone.isReady || phone.calls.some(({ state }) => state !== 'work');
}

/** @param {DemoRecord} record */
function row(record) {
  const links = record.fields.filter(({ kind }) => kind === 'phone').map(({ value }) => button(value, () => dial(value, record), 'phone-link'));
  const text = make('span', 'list-text', make('span', 'list-name', record.Name), make('span', 'list-tells', record.tells), ...links);
  return make('li', '', make('div', 'list-row', badge(record), text));
}

/** @param {any} record @returns {HTMLElement} */
function recordRow(record) {
  const said = JSON.parse(record.callAttributes ?? '{}');
  const other = record.CallType === 'Inbound' ? record.FromPhoneNumber ?? record.fromNumber ?? record.from : record.ToPhoneNumber;
  const cells = [record.Id, record.CallType ?? '', other ?? '', record.CallDisposition, said.softphoneTalkSeconds ?? '', said.softphoneDisposition ?? '', said.softphoneNotes ?? ''];
  const node = make('tr', '', ...cells.map((cell) => make('td', '', String(cell))));
  node.dataset['key'] = record.vendorCallKey;
  return node;
}

async function look() {
  try {
    const records = await (await fetch('/voicecalls')).json();
    byId('calls').replaceChildren(...records.toReversed().map(recordRow));
    byId('none').hidden = records.length > 0;
  } finally {
    setTimeout(look, LOOK_MS);
  }
}

byId('agent').textContent = agent;
byId('records').replaceChildren(...RECORDS.map(row));
byId('presence').addEventListener('change', ({ target }) => {
  const statusId = /** @type {HTMLSelectElement} */ (target).value;
  host.ask({ type: 'SET_AGENT_STATUS', agentStatus: statusId === '0' ? 'Offline' : 'Online', statusInfo: { statusId } });
});
// As a reload of the console: the connector greets anew, and an agent who is in no call works here.
byId('reload').addEventListener('click', () => {
  phone = START;
  frame.src = config.connector_url;
  render();
});
if (config.library) frame.src = config.connector_url;
render();
void look();

Object.assign(window, { omniOrg: { events, ask: host.ask, dial, get phone() { return phone; } } });
