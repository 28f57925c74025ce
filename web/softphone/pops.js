/** A screen pop as the admin has set it, in the place of what the softphone layout says. */

/** @import {RecordRef} from './types.js' */

/** @typedef {{type: string, params: object}} Pop */

/**
 * @param {string} rule none, record, search, url:…, home:Object, list:Id, new:Object or flow:Name
 * @param {{number: string, records: RecordRef[]}} found
 * @returns {Pop|null} null: nothing to pop
 */
export function popOf(rule, { number, records }) {
  const [kind = '', ...rest] = rule.split(':');
  const what = rest.join(':').trim();
  switch (kind) {
    case 'record': return records[0] ? { type: 'SOBJECT', params: { recordId: records[0].id } } : null;
    case 'search': return { type: 'SEARCH', params: { searchString: number } };
    case 'url': return { type: 'URL', params: { url: what.replaceAll('{number}', encodeURIComponent(number)) } };
    case 'home': return { type: 'OBJECTHOME', params: { scope: what } };
    case 'list': return { type: 'LIST', params: { listViewId: what } };
    case 'new': return { type: 'NEW_RECORD_MODAL', params: { entityName: what, defaultFieldValues: { Phone: number } } };
    case 'flow': return { type: 'FLOW', params: { flowDevName: what, flowArgs: [{ name: 'number', type: 'String', value: number }] } };
    default: return null;
  }
}
