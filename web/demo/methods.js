/** What each Open CTI method does in the demo org. */

import { payloadOf, peopleNamed, search } from './records.js';
import { failure, saveTask, success } from './taskrules.js';

/** @import {DemoRecord, Org, WireResponse} from './types.js' */

const POP_TYPES = ['url', 'sobject', 'objecthome', 'list', 'search', 'newRecord', 'flow'];
/** @type {{[type: string]: string}} */
const POP_NEEDS = { sobject: 'recordId', url: 'url', search: 'searchString', newRecord: 'entityName', flow: 'flowDevName', objecthome: 'scope', list: 'listViewId' };
const LIMITS = { width: [200, 1920], height: [240, 2560] };

/** @type {{[key: string]: string}} */
const SETTINGS = {
  '/reqGeneralInfo/reqInternalName': 'DemoSoftphone',
  '/reqGeneralInfo/reqDisplayName': 'Demo Softphone',
  '/reqGeneralInfo/reqUseApi': 'true',
  '/reqGeneralInfo/reqSoftphoneHeight': '550',
  '/reqGeneralInfo/reqSoftphoneWidth': '400',
  '/reqGeneralInfo/reqSalesforceCompatibilityMode': 'Lightning',
  '/reqDialingOptions/reqOutsidePrefix': '',
  '/reqDialingOptions/reqLongDistPrefix': '',
  '/reqDialingOptions/reqInternationalPrefix': '',
};
const LAYOUT = {
  callRelatedFields: ['ANI', 'DNIS'],
  objects: { Contact: [{ displayName: 'Name', apiName: 'Name' }, { displayName: 'Title', apiName: 'Title' }], Lead: [{ displayName: 'Name', apiName: 'Name' }, { displayName: 'Company', apiName: 'Company' }], Account: [{ displayName: 'Account Name', apiName: 'Name' }] },
  screenPopSettings: {
    screenPopOpenWithin: 'ExistingWindow',
    NoMatch: { screenPopType: 'DoNotPop' },
    SingleMatch: { screenPopType: 'PopToEntity' },
    MultipleMatches: { screenPopType: 'PopToSearch' },
  },
};

/** @param {Org} org @returns {{[callType: string]: any}} */
const layoutOf = ({ layout }) => ({
  Inbound: { ...LAYOUT, screenPopSettings: { ...LAYOUT.screenPopSettings, ...layout?.['Inbound'] } },
  Outbound: { ...LAYOUT, screenPopSettings: {} },
  Internal: { objects: {}, screenPopSettings: {}, callRelatedFields: [] },
});

/** The record in view, as getAppViewInfo and onNavigationChange tell it. @param {DemoRecord|null} record */
export function viewInfo(record) {
  if (!record || record.object === 'Page') return { url: location.href };
  const { number: _number, ...about } = payloadOf(record, { label: '', value: '' });
  return { url: `${location.origin}/lightning/r/${record.object}/${record.Id}/view`, ...about };
}

/** @param {any} args @param {Org} org @returns {WireResponse} */
function screenPop({ type, params }, org) {
  if (!POP_TYPES.includes(type)) return failure('INVALID_PARAM', `unknown screen pop type ${type}`);
  const needed = POP_NEEDS[type] ?? '';
  if (!params?.[needed]) return failure('INVALID_PARAM', `params.${needed} is missing`);
  org.pop({ type, params, at: Date.now() });
  return success(null);
}

/**
 * What the softphone layout says to pop for so many matches.
 * @param {DemoRecord[]} found @param {any} args of searchAndScreenPop @param {any} rules screenPopSettings
 */
function popFor(found, { searchParams: words, queryParams, defaultFieldValues = {}, params }, rules) {
  const [only] = found;
  const flowArgs = params?.FLOW?.flowArgs;
  const rule = rules[found.length === 0 ? 'NoMatch' : found.length === 1 ? 'SingleMatch' : 'MultipleMatches'] ?? {};
  switch (rule.screenPopType) {
    case 'PopToEntity': return only ? { type: 'sobject', params: { recordId: only.Id } } : null;
    case 'PopToNewEntity': return { type: 'newRecord', params: { entityName: rule.screenPopData ?? 'Contact', defaultFieldValues } };
    case 'PopToVisualforce': return { type: 'url', params: { url: `/apex/${rule.screenPopData}${queryParams ? `?${queryParams}` : ''}` } };
    case 'PopToSearch': return { type: 'search', params: { searchString: words } };
    case 'PopToFlow': return { type: 'flow', params: { flowDevName: rule.screenPopData, ...(flowArgs ? { flowArgs } : {}) } };
    default: return null;
  }
}

/** A match as the search tells it. @param {DemoRecord} record */
const rowOf = ({ Id, Name, object, contactId, personAccount, fields }) =>
  ({ Id, Name, ...Object.fromEntries(fields.filter(({ label }) => ['Title', 'Company'].includes(label)).map(({ label, value }) => [label, value])), RecordType: object, object, ...(personAccount ? { IsPersonAccount: true, PersonContactId: contactId } : {}) });

/** @param {any} args @param {Org} org @returns {WireResponse} */
function searchAndScreenPop(args, org) {
  const { searchParams, callType, deferred } = args;
  if (!['inbound', 'outbound', 'internal'].includes(callType)) return failure('INVALID_PARAM', 'callType is missing');
  if (String(searchParams ?? '').length < 3) return failure('INVALID_PARAM', 'searchParams needs at least 3 characters');
  const found = search(org.records, String(searchParams));
  const layout = layoutOf(org)[callType[0].toUpperCase() + callType.slice(1)];
  const data = popFor(found, { ...args, searchParams: String(searchParams) }, layout.screenPopSettings);
  const matches = Object.fromEntries(found.map((record) => [record.Id, rowOf(record)]));
  if (deferred) return success({ ...matches, SCREEN_POP_DATA: data ?? {} });
  if (data) org.pop({ ...data, at: Date.now() });
  return success(matches);
}

/** @type {{[call: string]: (given: URLSearchParams, org: Org) => unknown}} */
const APEX = {
  'SoftphoneCallLog.find': (given, org) => org.tasks.all().filter((task) => task['CallObject'] === given.get('callObject')).map((task) => task.Id),
  'SoftphoneCallLog.whoAmI': (given, org) => (org.who ? { nonce: given.get('nonce'), ...org.who } : null),
  'SoftphoneSearch.find': (given, org) => peopleNamed(org.records, given.get('words') ?? ''),
};

/** The classes that an admin deploys. @param {any} args @param {Org} org */
function runApex({ apexClass, methodName, methodParams }, org) {
  const told = APEX[`${apexClass}.${methodName}`]?.(new URLSearchParams(methodParams), org);
  return told ? success({ runApex: JSON.stringify(told) }) : failure('SERVER_ERROR', `no Apex method ${apexClass}.${methodName}`);
}

/** @param {'width'|'height'} part @param {unknown} px @param {Org} org */
function resize(part, px, org) {
  const [least = 0, most = 0] = LIMITS[part];
  if (typeof px !== 'number' || px < least || px > most) return failure('INVALID_PARAM', `${part} must be from ${least} to ${most}`);
  org.panel.size(part, px);
  return success(true);
}

/** @param {(org: Org) => void} effect @returns {(args: any, org: Org) => WireResponse} */
const just = (effect) => (_args, org) => {
  effect(org);
  return success(true);
};

/** @type {{[method: string]: (args: any, org: Org) => WireResponse}} */
export const METHODS = {
  enableClickToDial: just((org) => org.clickToDial(true)),
  disableClickToDial: just((org) => org.clickToDial(false)),
  refreshView: just((org) => org.refresh()),
  notifyInitializationComplete: just(() => undefined),
  getCallCenterSettings: (_args, org) => success({ ...SETTINGS, ...org.settings }),
  getSoftphoneLayout: (_args, org) => success(layoutOf(org)),
  getAppViewInfo: (_args, org) => success(viewInfo(org.current())),
  isSoftphonePanelVisible: (_args, org) => success({ visible: org.panel.visible() }),
  setSoftphonePanelVisibility: ({ visible }, org) => just(() => org.panel.show(visible === true))({}, org),
  setSoftphonePanelHeight: ({ heightPX }, org) => resize('height', heightPX, org),
  setSoftphonePanelWidth: ({ widthPX }, org) => resize('width', widthPX, org),
  setSoftphoneItemLabel: ({ label }, org) => just(() => org.panel.label('item', String(label)))({}, org),
  setSoftphonePanelLabel: ({ label }, org) => just(() => org.panel.label('panel', String(label)))({}, org),
  setSoftphoneItemIcon: ({ key }, org) => just(() => org.panel.icon('item', String(key)))({}, org),
  setSoftphonePanelIcon: ({ key }, org) => just(() => org.panel.icon('panel', String(key)))({}, org),
  saveLog: ({ object }, org) => saveTask(object, org.tasks),
  screenPop,
  searchAndScreenPop,
  runApex,
  completeWork: ({ workId }) => (workId ? success(null) : failure('INVALID_PARAM', 'workId is missing')),
  subscribe: ({ eventName }) => ({ ...success(true), subscription: { channelName: eventName, id: crypto.randomUUID() } }),
  unsubscribe: just(() => undefined),
  publish: just(() => undefined),
};

