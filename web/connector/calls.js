/** Converts a call in the view to the data for Salesforce's phone, without the library's classes. */

/** @import {Card, Host, NeutralCall, OverCard, VoiceView} from './types.js' */

const CONNECTED = 'bridged';

/** @type {{[direction: string]: NeutralCall['type']}} */
const TYPES = { outbound: 'Outbound', inbound: 'Inbound', internal: 'InternalCall' };

/** @param {Card} card @param {Host} host @returns {NeutralCall} */
export const activeCall = (card, host) => ({
  ...common(card, host),
  state: card.state === CONNECTED ? 'connected' : 'ringing',
  since: card.since,
  voiceCallId: card.host_record ?? '',
});

const THIRD = '/third';

/** The call that a third party's is part of; empty for any other id. @param {string} id */
export const parentOf = (id) => (id.endsWith(THIRD) ? id.slice(0, -THIRD.length) : '');

/**
 * The third party in a call (consulted or in a conference) as a call of its own.
 * @param {Card} card @param {Host} host @returns {NeutralCall|null}
 */
export function thirdCall(card, host) {
  const { third } = card;
  if (!third) return null;
  const state = third.state === 'ringing' ? 'transferring' : 'transferred';
  return { ...common({ ...card, record: null, name: '', number: third.number }, host), callId: card.call_id + THIRD, type: 'AddParticipant', state, onHold: third.state === 'waiting' };
}

/** @param {Card & Partial<OverCard>} card @param {Host} host @returns {NeutralCall} */
function common(card, host) {
  const { can } = host;
  return {
    callId: card.call_id,
    type: TYPES[card.direction] ?? 'Outbound',
    number: card.number,
    name: card.record?.name || card.name || '',
    recordId: card.record?.id ?? '',
    state: 'ringing', since: 0, voiceCallId: '', reason: '', agentStatus: '', closeOnError: true,
    onHold: card.held ?? false, muted: card.muted ?? false,
    recording: card.recording ?? '', isPaused: card.recording === 'paused', hasThird: Boolean(card.third),
    can,
  };
}

/**
 * How a call that the view no longer shows as live was, for the host's HANGUP.
 *
 * A call without a talk is an error to Salesforce, and its VoiceCall stays open.
 * @param {NeutralCall} before as it was told last @param {VoiceView} view
 * @returns {NeutralCall}
 */
export function endedCall(before, view) {
  const over = view.wrapups.find(({ call_id }) => call_id === before.callId);
  const talked = over ? over.talk_seconds !== null : before.state === 'connected';
  if (talked || before.state === 'connected') return { ...before, state: 'ended', reason: 'ended' };
  const failed = before.type === 'Inbound' ? 'MissedCallAgent' : over ? 'FailedConnectCustomer' : 'FailedConnectAgent';
  return { ...before, state: 'ended', reason: 'error', agentStatus: failed, closeOnError: false };
}

/** The view's calls that the host may know, oldest first. @param {VoiceView} view */
export const liveCards = (view) => [...view.calls].sort((one, other) => one.started_at - other.started_at);

/**
 * The call that the host means: by its id, otherwise the only one. Salesforce may send only a
 * participant's type.
 * @param {VoiceView|null} view @param {any} call @returns {Card|null}
 */
export function meant(view, call) {
  const cards = view ? liveCards(view) : [];
  const said = call?.callId ?? call?.connectionId;
  const id = typeof said === 'string' ? parentOf(said) || said : '';
  if (id) return cards.find(({ call_id }) => call_id === id) ?? null;
  return cards.find(({ state }) => state === CONNECTED) ?? cards[0] ?? null;
}
