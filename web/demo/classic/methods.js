/** What each method of Open CTI for Classic does in the demo org: `{result, error}`, as documented. */

import { saveTask } from '../taskrules.js';
import { payloadOf, search } from '../records.js';

/** @import {DemoField, DemoRecord, Task} from '../types.js' */

/** @typedef {{result?: unknown, error?: string, id?: string}} Reply */
/** @typedef {{
 *   settings?: {[key: string]: string}, records: DemoRecord[], current: () => DemoRecord|null, inConsole: boolean, address: string,
 *   tasks: {all: () => Task[], put: (task: Task) => void, newId: () => string},
 *   dialable: (on: boolean) => void, visible: (on?: boolean) => boolean, go: (url: string) => void,
 *   reload: () => void, redraw: () => void, size: (part: 'width'|'height', px: number) => void,
 * }} Page */

const LIMITS = { width: [200, 1920], height: [240, 2560] };
const SETTINGS = {
  '/reqGeneralInfo/reqInternalName': 'DemoSoftphone',
  '/reqGeneralInfo/reqUseApi': 'true',
  '/reqGeneralInfo/reqSalesforceCompatibilityMode': 'Classic_and_Lightning',
};
const LAYOUT = { Inbound: { objects: { Account: [], Contact: [], Lead: [] }, screenPopSettings: {} }, Outbound: { objects: { Contact: [] } }, Internal: { objects: {} } };
const DIRECTORY = [
  { callCenterName: 'Demo', name: 'Service desk', phone: '+1 202-555-0171', description: 'Open day and night' },
  { callCenterName: 'Demo', name: 'Shipping', phone: '+1 202-555-0172', description: 'Weekdays' },
];

/** @param {unknown} value @returns {Reply} */
const json = (value) => ({ result: JSON.stringify(value) });
/** @param {string} error @returns {Reply} */
const refused = (error) => ({ result: false, error });

/** A record as Classic's methods name its parts. @param {DemoRecord|null} record @param {DemoField} [field] */
export function infoOf(record, field) {
  const { number, recordId = '', recordName = '', objectType = '', ...more } = record && record.object !== 'Page'
    ? payloadOf(record, field ?? { label: '', value: '' }) : { number: field?.value ?? '' };
  const { accountId, contactId, personAccount } = /** @type {any} */ (more);
  const person = personAccount ? { personAccount, ...(contactId ? { contactId } : { accountId }) } : {};
  return { ...(field ? { number } : {}), objectId: recordId, objectName: recordName, object: objectType, displayName: objectType, ...person };
}

/** @param {string} field @param {string} text form values have no types: the org knows them */
const typed = (field, text) => (text === '' ? null : field === 'CallDurationInSeconds' ? Number(text) : text);

/** @param {[string, string]} args @param {Page} page @returns {Reply} */
function saveLog([object, params], page) {
  const fields = Object.fromEntries([...new URLSearchParams(params)].map(([field, text]) => [field, typed(field, text)]));
  const value = fields['Id'] ? fields : { entityApiName: object, ...fields };
  const { success, returnValue, errors } = saveTask(value, page.tasks);
  if (success) return { result: true, id: String(Reflect.get(Object(returnValue), 'recordId')) };
  const told = Object.values(/** @type {any} */ (errors?.[0]?.details)?.fieldErrors ?? {}).flat()
    .map((/** @type {any} */ { statusCode, message }) => `${statusCode}: ${message}`);
  return refused(told.join('; ') || (errors?.[0]?.description ?? 'not saved'));
}

/** @param {any[]} args @param {Page} page */
function found([words], { records }) {
  const matches = search(records, String(words));
  const [only] = matches;
  const screenPopUrl = !only ? '' : matches.length === 1 ? `/${only.Id}` : `/search?str=${encodeURIComponent(words)}`;
  return { ...Object.fromEntries(matches.map((record) => [record.Id, { Name: record.Name, ...infoOf(record) }])), screenPopUrl };
}

/** @param {any[]} args @param {Page} page @returns {Reply} */
function runApex([apexClass, methodName, params], { tasks }) {
  if (apexClass !== 'SoftphoneCallLog' || methodName !== 'find') return refused(`no Apex method ${apexClass}.${methodName}`);
  const wanted = new URLSearchParams(params).get('callObject');
  return json(tasks.all().filter((task) => task['CallObject'] === wanted).map(({ Id }) => Id));
}

/** @param {'width'|'height'} part @returns {(args: any[], page: Page) => Reply} */
const resize = (part) => ([px], page) => {
  const [least = 0, most = 0] = LIMITS[part];
  if (typeof px !== 'number' || px < least || px > most) return refused(`${part} must be from ${least} to ${most}`);
  page.size(part, px);
  return { result: true };
};
/** @param {(page: Page, args: any[]) => void} effect @returns {(args: any[], page: Page) => Reply} */
const does = (effect) => (args, page) => {
  effect(page, args);
  return { result: true };
};

/** @type {{[method: string]: (args: any, page: Page) => Reply}} */
export const METHODS = {
  enableClickToDial: does((page) => page.dialable(true)),
  disableClickToDial: does((page) => page.dialable(false)),
  onClickToDial: () => ({ result: true }),
  onFocus: () => ({ result: true }),
  notifyInitializationComplete: () => ({ result: true }),
  getCallCenterSettings: (_args, { settings }) => json({ ...SETTINGS, ...settings }),
  getSoftphoneLayout: () => json(LAYOUT),
  getDirectoryNumbers: () => json({ directoryNumbers: DIRECTORY, hasNext: false }),
  getPageInfo: (_args, page) => json({ url: page.address, ...infoOf(page.current()) }),
  isInConsole: (_args, { inConsole }) => ({ result: inConsole }),
  isVisible: (_args, { visible }) => ({ result: visible() }),
  setVisible: ([on], { inConsole, visible }) => (inConsole ? { result: visible(on) === on } : refused('only in the console')),
  refreshPage: does((page) => page.reload()),
  refreshRelatedList: does((page) => page.redraw()),
  saveLog,
  screenPop: ([url], page) => (/^\/(?!\/)/.test(url) ? does(() => page.go(url))([], page) : refused('the URL must be relative')),
  searchAndGetScreenPopUrl: (args, page) => json(found(args, page)),
  searchAndScreenPop(args, page) {
    const matches = found(args, page);
    if (matches.screenPopUrl) page.go(matches.screenPopUrl);
    return json(matches);
  },
  runApex,
  setSoftphoneHeight: resize('height'),
  setSoftphoneWidth: resize('width'),
};
