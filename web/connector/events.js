/**
 * What must still be reported to the host: the difference between the reported state and the view.
 *
 * This covers a tab that slept, a late webhook and a call made elsewhere alike. What the library reports
 * itself (the answer to a request, a replay) is recorded, not reported again.
 */

import { activeCall, endedCall, liveCards, parentOf, thirdCall } from './calls.js';

/** @import {Host, NeutralCall, VoiceView} from './types.js' */

/** How many ended calls are remembered, so that a late view reports none of them again. */
const OVER_KEPT = 100;

/** @type {['onHold'|'muted'|'isPaused', 'held'|'muted'|'recorded'][]} */
const TOGGLES = [['onHold', 'held'], ['muted', 'muted'], ['isPaused', 'recorded']];

/** How long an inbound call waits for the record that the backend creates. */
const RECORD_MS = 2_000;

/**
 * @param {{
 *   publish: (news: 'started'|'connected'|'hangup'|'afterWork'|'added'|'joined'|'removed'|'held'|'muted'|'recorded', call: NeutralCall) => void,
 *   host: () => Host, later: (run: () => void, ms: number) => void, now: () => number, isReady: () => boolean,
 * }} ports `now`: milliseconds of the server's clock; `isReady`: whether the host may know of calls
 */
export function createStory({ publish, host, later, now, isReady }) {
  /** Each call as reported to the host. @type {Map<string, NeutralCall>} */
  const told = new Map();
  /** Third parties as reported to the host, by their call. @type {Map<string, NeutralCall>} */
  const thirds = new Map();
  /** Each call as the view showed it last. @type {Map<string, NeutralCall>} */
  const seen = new Map();
  /** Calls of which the host knows that they are over, and whether the view knows it too. @type {Map<string, boolean>} */
  const over = new Map();
  /** @type {VoiceView|null} */
  let view = null;
  let held = 0;

  /** @param {NeutralCall} call */
  function ended(call) {
    told.delete(call.callId);
    seen.delete(call.callId);
    thirds.delete(call.callId);
    over.set(call.callId, false);
    for (const oldest of over.keys()) {
      if (over.size <= OVER_KEPT) break;
      over.delete(oldest);
    }
    // Salesforce accepts after-call work only as a separate event after the end of the call.
    if (call.reason === 'ended') later(() => publish('afterWork', call), 0);
  }

  /** Report a talk even if no view showed its beginning. @param {NeutralCall} call how it ended */
  function catchUp(call) {
    const before = told.get(call.callId);
    if (call.reason === 'ended' && before?.state === 'ringing') publish('connected', { ...call, state: 'connected', reason: '' });
  }

  /** @param {NeutralCall} call */
  const waitsForRecord = (call) => call.type === 'Inbound' && call.state === 'ringing' && !call.voiceCallId && host().makesRecords && now() - call.since < RECORD_MS;

  function tell() {
    if (held || !view || !isReady()) return;
    const live = new Set(view.calls.map(({ call_id }) => call_id));
    for (const before of [...told.values()]) {
      if (live.has(before.callId)) continue;
      const call = endedCall(before, view);
      catchUp(call);
      publish('hangup', call);
      ended(call);
    }
    for (const [id, isGone] of over) {
      if (!live.has(id)) over.set(id, true);
      // A phone that is picked up after it was given up: it is a call again.
      else if (isGone) over.delete(id);
    }
    for (const card of liveCards(view)) {
      tellOf(activeCall(card, host()));
      if (told.has(card.call_id)) tellThird(card.call_id, thirdCall(card, host()));
    }
  }

  /** @param {string} id @param {NeutralCall|null} third */
  function tellThird(id, third) {
    const before = thirds.get(id);
    if (before && !third) publish('removed', { ...before, state: 'ended', reason: 'ended' });
    if (third && !before) publish('added', third);
    if (third?.state === 'transferred' && before?.state !== 'transferred') publish('joined', third);
    if (third) thirds.set(id, third);
    else thirds.delete(id);
  }

  /** @param {NeutralCall} call */
  function tellOf(call) {
    if (over.has(call.callId)) return;
    const before = told.get(call.callId);
    if (!before) {
      if (waitsForRecord(call)) return later(tell, RECORD_MS);
      publish('started', { ...call, state: 'ringing' });
    }
    if (call.state === 'connected' && before?.state !== 'connected') publish('connected', call);
    told.set(call.callId, before ? withToggles(before, call) : call);
    seen.set(call.callId, call);
  }

  /**
   * What changed at the phone itself is news; what the host has asked for it knows before the view
   * does. While somebody is asked, holding goes with that.
   * @param {NeutralCall} before @param {NeutralCall} call @returns {NeutralCall} as the host knows it
   */
  function withToggles(before, call) {
    const last = seen.get(call.callId) ?? call;
    const known = { ...call };
    for (const [flag, news] of TOGGLES) {
      if (call[flag] === last[flag]) known[flag] = before[flag];
      else if (call[flag] !== before[flag] && (news === 'recorded' || !(call.hasThird || before.hasThird))) publish(news, call);
    }
    return known;
  }

  return {
    /** @param {VoiceView} shown */
    follow(shown) {
      view = shown;
      tell();
    },
    /**
     * Nothing is told while a request is answered; afterwards the library goes first.
     * @returns {() => void} to be called once the answer was handed over
     */
    hold() {
      held++;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        later(() => {
          held--;
          tell();
        }, 0);
      };
    },
    /** The library has told, or is about to tell, this of a call. @param {NeutralCall} call */
    note(call) {
      const parent = parentOf(call.callId);
      if (parent && call.state === 'ended') thirds.delete(parent);
      else if (parent) thirds.set(parent, call);
      else if (call.state !== 'ended') told.set(call.callId, call);
      else if (!over.has(call.callId)) ended(call);
    },
    catchUp,
    /** Whether its record is still being made: Salesforce would make another. @param {NeutralCall} call */
    isEarly: (call) => !told.has(call.callId) && waitsForRecord(call),
    /** Whether the host has been told that it is over. @param {string} callId */
    isOver: (callId) => over.has(callId),
  };
}
