/**
 * What a call passes to the page, form or flow that pops for it: number, called number, id, name.
 *
 * By default, a form for a new record gets the number in its object's phone field, and a Visualforce page
 * gets everything in its query. A flow refuses variables
 * that it does not have, so it is told only what the admin has named, or `number` by our own rule.
 * https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/sforce_api_cti_methods_lex_searchandscreenpop.htm
 */

/** @typedef {{fields: {[field: string]: string}|null, query: string, flow: {[name: string]: string}|null}} Prefill */
/** @typedef {{number: string, called_number: string, call_id: string, name: string}} Caller */

const QUERY = 'number={number}&calledNumber={called_number}&callId={call_id}';
/** @type {{[object: string]: string}} */
const PHONE_FIELDS = { Account: 'Phone', Contact: 'Phone', Lead: 'Phone', Case: 'SuppliedPhone' };
/** @type {Prefill} */
export const NOTHING_NAMED = { fields: null, query: '', flow: null };

/** @param {{called_number?: string, name?: string|null}|undefined} card @param {string} callId @param {string} number @returns {Caller} */
export const callerOf = (card, callId, number) => ({ number, called_number: card?.called_number ?? '', call_id: callId, name: card?.name ?? '' });

/** @param {string} template @param {Caller} caller @param {(value: string) => string} [write] */
export const filled = (template, caller, write = (value) => value) =>
  template.replace(/\{(\w+)\}/g, (_, name) => write(String(Reflect.get(caller, name) ?? '')));

/** Fields of a new record; an empty one is left out. @param {Prefill} prefill @param {Caller} caller @param {string} object */
export function fieldsFor({ fields }, caller, object) {
  const named = fields ?? (PHONE_FIELDS[object] ? { [PHONE_FIELDS[object]]: '{number}' } : {});
  const pairs = Object.entries(named).map(([field, template]) => [field, filled(template, caller)]);
  return Object.fromEntries(pairs.filter(([, value]) => value));
}

/** @param {Prefill} prefill @param {Caller} caller */
const queryFor = ({ query }, caller) => filled(query || QUERY, caller, encodeURIComponent);

/** @param {Prefill} prefill @param {Caller} caller @param {{[name: string]: string}} [otherwise] */
export const flowArgsFor = ({ flow }, caller, otherwise = {}) =>
  Object.entries(flow ?? otherwise).map(([name, template]) => ({ name, type: 'String', value: filled(template, caller) }));

/** The object for which the layout opens a form if nobody is found. @param {any} layout of the call's type */
const newObjectOf = (layout) => {
  const rule = layout?.screenPopSettings?.NoMatch;
  return rule?.screenPopType === 'PopToNewEntity' ? String(rule.screenPopData ?? '') : '';
};

/**
 * The arguments of searchAndScreenPop, complete.
 * @param {any} args as the server has them @param {Prefill} prefill @param {Caller} caller @param {any} layout of the call's type
 */
export function searchArgs(args, prefill, caller, layout) {
  const flowArgs = flowArgsFor(prefill, caller);
  return {
    ...args,
    queryParams: queryFor(prefill, caller),
    defaultFieldValues: fieldsFor(prefill, caller, newObjectOf(layout)),
    ...(flowArgs.length > 0 ? { params: { FLOW: { flowArgs } } } : {}),
  };
}
