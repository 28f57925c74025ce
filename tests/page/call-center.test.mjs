/** What an admin may set in the definition file; rubbish is named, and ignored. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { readCallCenter, settingsFrame } from '../../web/softphone/call-center.js';
import { ruleFor } from '../../web/softphone/server-requests.js';
import { NOTHING_NAMED } from '../../web/softphone/prefill.js';
import { lookedUp, popOf } from '../../web/softphone/pops.js';

test('every item is read', () => {
  const centre = readCallCenter({
    '/softphone/wrapUpSeconds': '30', '/softphone/dispositions': 'Sold, Call back', '/softphone/defaultCountry': 'DE',
    '/reqDialingOptions/reqOutsidePrefix': '9', '/reqDialingOptions/reqLongDistPrefix': '1', '/reqDialingOptions/reqInternationalPrefix': '011',
    '/softphone/recordTypeId': '012000000000001', '/softphone/taskFields': 'Type=Call; Region__c=North',
    '/softphone/publishChannel': 'Phone__c', '/softphone/dialChannel': 'Dial__c', '/softphone/lookUp': 'Callers.find',
    '/softphone/ringProfiles': 'mobile, desk', '/softphone/panelWidth': '420', '/softphone/popNone': 'new:Contact', '/softphone/popMany': 'search',
    '/softphone/wrapUpSeconds/label': 'Wrap-up', '/other/item': 'x',
  });
  assert.deepEqual(settingsFrame(centre), {
    type: 'settings', wrap_up_seconds: 30, dispositions: ['Sold', 'Call back'], default_country: 'DE',
    outside_prefix: '9', long_distance_prefix: '1', international_prefix: '011', problems: [],
    task_fields: { Type: 'Call', Region__c: 'North', recordTypeId: '012000000000001' },
  });
  assert.deepEqual([centre.publish, centre.listen, centre.lookUp, centre.width], ['Phone__c', 'Dial__c', 'Callers.find', 420]);
  assert.deepEqual(centre.ringProfiles, ['mobile', 'desk']);
  assert.deepEqual(centre.pops, { none: 'new:Contact', one: '', many: 'search' });
});

test('what is missing or empty changes nothing and is no problem', () => {
  assert.deepEqual(settingsFrame(readCallCenter({ '/softphone/wrapUpSeconds': ' ' })), { type: 'settings', problems: [] });
});

test('invalid items are reported and ignored one by one', () => {
  const rubbish = {
    '/softphone/wrapUpSeconds': 'soon', '/softphone/recordTypeId': 'x',
    '/softphone/taskFields': 'Type', '/softphone/publishChannel': 'no channel', '/softphone/lookUp': 'find()',
    '/softphone/panelWidth': '10', '/softphone/popOne': 'javascript:alert(1)', '/softphone/dispositions': { a: 1 },
    '/reqDialingOptions/reqOutsidePrefix': 'nine', '/softphone/ringProfiles': 'my mobile!',
  };
  const centre = readCallCenter(rubbish);
  assert.deepEqual([...centre.problems].sort(), Object.keys(rubbish).sort());
  assert.deepEqual([centre.policy, centre.taskFields], [{}, {}]);
});

test('values of fields are whole', () => {
  const fields = (/** @type {string} */ text) => Object(settingsFrame(readCallCenter({ '/softphone/taskFields': text })))['task_fields'];
  assert.deepEqual(fields('Link__c=https://x.example/?a=b,c'), { Link__c: 'https://x.example/?a=b,c' });
  assert.deepEqual(fields('Phone__c={number}; Source__c = {params.sourceId};'), { Phone__c: '{number}', Source__c: '{params.sourceId}' });
  assert.deepEqual(fields('Topics__c=A;B; Type=Call'), { Topics__c: 'A;B', Type: 'Call' });
  assert.deepEqual(fields('Type=Call, Region__c=North'), { Type: 'Call', Region__c: 'North' });
  for (const rubbish of ['Type', 'a;Type=Call', 'Type=']) assert.equal(fields(rubbish), undefined);
});

test('fields to ask for have labels, choices and a star', () => {
  const asked = (/** @type {string} */ text) => Object(settingsFrame(readCallCenter({ '/softphone/askFields': text })))['ask_fields'];
  assert.deepEqual(asked('Region__c*: Region = North | South; Reason__c'), [
    { name: 'Region__c', label: 'Region', choices: ['North', 'South'], required: true },
    { name: 'Reason__c', label: 'Reason__c', choices: [], required: false },
  ]);
  for (const rubbish of ['1a', 'Region: x; ?']) assert.equal(asked(rubbish), undefined);
});

test('the server determines the country', () => {
  for (const country of ['UK', 'Germany']) assert.equal(Object(settingsFrame(readCallCenter({ '/softphone/defaultCountry': country })))['default_country'], country);
});

test('an address that pops is one of the org', () => {
  const popped = (/** @type {string} */ rule) => readCallCenter({ '/softphone/popOne': rule }).pops.one;
  assert.equal(popped('url:/apex/Caller?n={number}'), 'url:/apex/Caller?n={number}');
  for (const rule of ['url:https://evil.example', 'url://evil.example', 'url:/\\evil.example', 'url:javascript:alert(1)', 'url:apex']) assert.equal(popped(rule), '');
});

test('settings that are no map at all are one problem', () => {
  for (const told of [null, undefined, 'text', 7, ['a']]) assert.deepEqual(readCallCenter(told).problems, ['getCallCenterSettings']);
});

test('every type of screen pop can be said', () => {
  const caller = { number: '+12025550101', called_number: '+12025550100', call_id: 'call-1', name: '' };
  const found = { caller, records: [{ id: '003000000000001' }], prefill: NOTHING_NAMED };
  assert.deepEqual(
    ['record', 'search', 'url:/x?n={number}', 'home:Contact', 'list:00B1', 'new:Lead', 'flow:Ask', 'none'].map((rule) => popOf(rule, found)?.type ?? null),
    ['SOBJECT', 'SEARCH', 'URL', 'OBJECTHOME', 'LIST', 'NEW_RECORD_MODAL', 'FLOW', null],
  );
  assert.deepEqual(popOf('url:/x?n={number}', found)?.params, { url: '/x?n=%2B12025550101' });
  assert.equal(popOf('record', { ...found, records: [] }), null);
});

test('a list may name its object, as the guide wants it', () => {
  const caller = { number: '1', called_number: '', call_id: 'c', name: '' };
  const params = ['list:Account:00B1', 'list:00B1'].map((rule) => popOf(rule, { caller, records: [], prefill: NOTHING_NAMED })?.params);
  assert.deepEqual(params, [{ listViewId: '00B1', scope: 'Account' }, { listViewId: '00B1' }]);
});

test('the rule goes by how many matches there are', () => {
  const rules = { none: 'a', one: 'b', many: 'c' };
  const record = { id: '003000000000001' };
  assert.deepEqual([[], [record], [record, record]].map((records) => ruleFor(rules, records)), ['a', 'b', 'c']);
  assert.equal(ruleFor({}, []), '');
});

test('one odd record does not affect the others that were looked up', () => {
  const rows = [null, { Name: 'no id' }, { Id: '003A', Name: 'Ann', Type: 'Contact' }];
  assert.deepEqual(lookedUp({ runApex: JSON.stringify(rows) }), [{ id: '003A', name: 'Ann', object_type: 'Contact' }]);
});
