/** What a view says beside what it shows. */

/** @import {CallCard, Model, View, WrapupCard} from './types.js' */

/**
 * Versions count within one epoch. Another epoch means that the store was replaced, and always wins.
 * @param {Pick<View, 'epoch'|'version'>|null} shown
 * @param {Pick<View, 'epoch'|'version'>} arrived
 */
export function isNewer(shown, arrived) {
  return shown === null || arrived.epoch !== shown.epoch || arrived.version >= shown.version;
}

/**
 * The call that determines the agent's state: live calls before those in wrap-up.
 * @param {View} view
 */
export function foreground(view) {
  return view.calls.find((call) => call.state === view.state) ?? view.calls[0] ?? view.wrapups[0];
}

/** The card of a call, live or over. @param {Pick<Model, 'view'>} model @param {string} callId */
export const cardOf = ({ view }, callId) => [...(view?.calls ?? []), ...(view?.wrapups ?? [])].find((card) => card.call_id === callId);

/** @param {CallCard|WrapupCard} card */
export const phaseOf = (card) => ('outcome' in card ? 'wrapup' : card.state);

/** Whether the agent works with another surface, so that this page shows no calls. @param {Pick<View, 'notices'>} view */
export const isGuest = ({ notices }) => notices.some(({ code }) => code === 'other-surface');
