/** How a call ended, in the panel's language; the Task gets the org's own word. */

/** @import {Translate} from './types.js' */

/** @param {{outcome: string, outcome_code?: string}} call @param {Translate} t */
export const outcomeOf = ({ outcome, outcome_code: code }, t) => (code ? t(`outcome.${code}`) : outcome);

/** The outcomes to choose from, with the panel's words for ours. @param {{value: string, label: string, code?: string}[]} options @param {Translate} t */
export const choicesOf = (options, t) => options.map(({ value, label, code }) => ({ value, label: code ? t(`outcome.${code}`) : label }));
