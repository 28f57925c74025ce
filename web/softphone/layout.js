/**
 * What the softphone layout selects: which objects are searched, which of their fields are shown.
 * https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_methods_lex_getsoftphonelayout.htm
 */

/** @import {Found, Layout, LayoutPart} from './types.js' */

/** @type {{[callType: string]: string}} */
const PARTS = { inbound: 'Inbound', outbound: 'Outbound', internal: 'Internal' };
// Fields that are shown anyway.
const SHOWN_ANYWAY = ['Id', 'Name'];

/** @param {Layout|null|undefined} layout @param {string} callType @returns {LayoutPart|undefined} */
export const partOf = (layout, callType) => layout?.[PARTS[callType] ?? ''];

/** Whether the layout has any object to search in for such a call. @param {LayoutPart|undefined} part */
export const isSearched = (part) => !part?.objects || Object.keys(part.objects).length > 0;

/** Whether the layout shows a fact of the call; one that says nothing of it does. @param {LayoutPart|undefined} part @param {'ANI'|'DNIS'|'SEGMENT'|'QUEUE'} name */
export const showsFact = (part, name) => !Array.isArray(part?.callRelatedFields) || part.callRelatedFields.includes(name);

/** @param {unknown} value a field's, as the search tells it */
const textOf = (value) => (['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '');

/**
 * By record: the fields that the layout selects of its object, with their display names.
 * @param {Found} found @param {LayoutPart|undefined} part
 * @returns {{[recordId: string]: {label: string, value: string}[]}}
 */
export function selectedFields({ records, rows = {} }, part) {
  const known = records.map(({ id, object_type: type = '' }) => {
    const selected = [part?.objects?.[type] ?? []].flat().filter((field) => field?.apiName);
    const fields = selected.filter(({ apiName }) => !SHOWN_ANYWAY.includes(apiName)).map(({ displayName, apiName }) =>
      ({ label: displayName || apiName, value: textOf(Reflect.get(Object(rows[id]), apiName)) }));
    return [id, fields.filter(({ value }) => value)];
  });
  return Object.fromEntries(known.filter(([, fields]) => fields?.length));
}
