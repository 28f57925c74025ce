/**
 * The connector: what Salesforce's phone asks, carried to the adapter, and what the adapter knows,
 * told to Salesforce's phone.
 *
 * Law of this file: before the agent is known to be the one that Salesforce speaks of, everything is
 * refused. Each answer goes before the news that follows from it. Nothing escapes the methods that
 * the library does not wait for.
 */

import { isNewer } from '../softphone/view.js';
import { createAdmission } from './admission.js';
import { activeCall, endedCall, liveCards, meant, thirdCall } from './calls.js';
import { Refusal } from './classes.js';
import { createStory } from './events.js';
import { createParties } from './parties.js';
import { createRequests, refusalOf } from './requests.js';

/** @import {Frame} from '../softphone/types.js' */
/** @import {createClasses} from './classes.js' */
/** @import {Abilities, Answered, Card, Found, Host, NeutralCall, VoiceView} from './types.js' */

/** How long what a reload found is kept back for the replay that Salesforce asks for. */
const REPLAY_MS = 10_000;

/** As Salesforce writes the id of a record. */
const ID = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/;

const NOTHING = { answer: false, decline: false, hang_up: false, hold: false, mute: false, digits: false, transfer: false, consult: false, conference: false, pause_recording: false };

/**
 * @param {{
 *   lib: any, classes: ReturnType<typeof createClasses>, orgId: string,
 *   send: (frame: Frame) => boolean, signOut: () => Promise<boolean>, makeId: () => string,
 *   since?: () => number, onAdmission?: (why: import('./admission.js').Why) => void,
 *   findColleagues?: (words: string) => Promise<Found[]>,
 *   later?: (run: () => void, ms: number) => void, now?: () => number,
 *   setTimer?: (run: () => void, ms: number) => unknown, clearTimer?: (timer: any) => void,
 * }} ports `signOut`: whether the adapter heard it; `since`: when what is asked now was asked, at the latest
 */
export function createConnector(ports) {
  const { lib, classes, orgId, send, makeId, findColleagues = async () => [] } = ports;
  const later = ports.later ?? ((run, ms) => void setTimeout(run, ms));
  const clock = ports.now ?? Date.now;
  const since = ports.since ?? clock;
  /** @type {VoiceView|null} */
  let view = null;
  let skew = 0;
  let isEnding = false;
  let refused = '';
  /** @type {(() => void)|null} */
  let endReplay = null;
  /** Wrap-ups that are over in Salesforce, and still in the adapter's view. @type {Set<string>} */
  const leftWrapups = new Set();
  let isNewConnection = false;

  /** @type {Host} */
  const host = { can: NOTHING, makesRecords: true };
  const requests = createRequests({ send, makeId, view: () => view, ...(ports.setTimer && { setTimer: ports.setTimer }), ...(ports.clearTimer && { clearTimer: ports.clearTimer }) });
  const admission = createAdmission({ lib, classes, orgId, later, signOut: ports.signOut, ...(ports.onAdmission && { onChange: ports.onAdmission }) });
  const { isReady } = admission;
  const story = createStory({ publish, host: () => host, later, now: () => clock() + skew, isReady });

  /** What each piece of news is to Salesforce. @type {{[news: string]: (call: NeutralCall) => [string, any]}} */
  const TOLD = {
    started: (call) => ['CALL_STARTED', classes.callResult(call)],
    connected: (call) => ['CALL_CONNECTED', classes.callResult(call)],
    hangup: (call) => ['HANGUP', classes.hangupResult([call])],
    afterWork: ({ callId }) => ['AFTER_CALL_WORK_STARTED', { callId }],
    added: (call) => ['PARTICIPANT_ADDED', classes.participantResult(call, call.number, false)],
    joined: (call) => ['PARTICIPANT_CONNECTED', classes.participantResult(call, call.number, false)],
    removed: (call) => ['PARTICIPANT_REMOVED', classes.callResult(call)],
    held: (call) => ['HOLD_TOGGLE', classes.holdResult(call.onHold, [call])],
    muted: (call) => ['MUTE_TOGGLE', classes.muteResult(call.muted, call)],
    recorded: (call) => ['RECORDING_TOGGLE', classes.recordingResult(call.isPaused)],
  };

  /** @param {string} news @param {NeutralCall} call */
  function publish(news, call) {
    const [eventType, payload] = /** @type {[string, any]} */ (TOLD[news]?.(call));
    void lib.publishEvent({ eventType, payload });
  }

  /** @template T @param {(...args: any[]) => Promise<T>} method */
  const guarded = (method) => async (/** @type {any[]} */ ...args) => {
    if (!isReady()) throw classes.error(refusalOf('signed-out'));
    const release = story.hold();
    try {
      return await method(...args);
    } catch (thrown) {
      throw classes.error(thrown instanceof Refusal ? thrown : new Refusal({ type: 'GENERIC_ERROR' }));
    } finally {
      release();
    }
  };

  /** @param {any} call @returns {Card} */
  function theCall(call) {
    const card = meant(view, call);
    if (!card) throw refusalOf('no-such-call');
    return card;
  }

  /** @param {keyof Abilities} ability @param {string} [code] */
  function demand(ability, code = 'unsupported') {
    if (!host.can[ability]) throw refusalOf(code);
  }

  /** @param {Card} card @param {string} action @param {object} [more] @param {(seen: VoiceView) => boolean} [until] @param {string[]} [good] */
  const control = (card, action, more = {}, until = () => true, good = ['done', 'transferred']) =>
    requests.ask(action, { type: 'control', call_id: card.call_id, action, ...more }, { good, until });

  /** @param {Card} card */
  const isGone = (card) => (/** @type {VoiceView} */ seen) => !seen.calls.some(({ call_id }) => call_id === card.call_id);

  async function dial(/** @type {any} */ contact) {
    const number = String(contact?.phoneNumber ?? '').slice(0, 255);
    const before = new Set(view?.calls.map(({ call_id }) => call_id));
    const mine = (/** @type {VoiceView} */ seen) => seen.calls.find(({ call_id, direction }) => direction !== 'inbound' && !before.has(call_id));
    const record = ID.test(contact?.recordId) ? { id: contact.recordId, name: String(contact.name ?? '').slice(0, 255) } : null;
    const confirmed = refused === number;
    refused = '';
    /** @type {Answered} */
    let answered;
    try {
      answered = await requests.ask('dial', { type: 'dial', number, clicked_at: since(), sent_at: clock(), record, confirmed }, { good: ['placed'], until: (seen) => Boolean(mine(seen)) });
    } catch (thrown) {
      // Salesforce has no question to ask: who calls the same number again has confirmed it.
      if (thrown instanceof Refusal && thrown.label === 'Softphone_Repeat') refused = number;
      throw thrown;
    }
    const card = mine(answered.view);
    if (!card) throw refusalOf('no-answer');
    /** @type {NeutralCall} */
    const call = { ...activeCall(card, host), state: 'ringing' };
    story.note(call);
    return classes.callResult(call);
  }

  const parties = createParties({ classes, story, host, theCall, demand, control });

  async function endCall(/** @type {any} */ asked) {
    // The library asks next which calls are left.
    const ended = () => {
      isEnding = true;
      later(() => (isEnding = false), 0);
    };
    if (parties.isThird(asked)) {
      const result = await parties.letGo(asked);
      ended();
      return result;
    }
    const card = theCall(asked);
    // Who leaves two others together hands the call over.
    const isShared = Boolean(card.third) && card.third?.state !== 'ringing';
    const leaves = isShared && asked?.callAttributes?.participantType === 'Agent';
    // Nobody can be left with the one who was asked: to end all of it is not what was meant.
    if (isShared && asked?.callAttributes?.participantType === 'Initial_Caller') throw refusalOf('unsupported');
    if (!leaves) demand('hang_up', 'hang-up-at-phone');
    const { view: seen } = await control(card, leaves ? 'complete' : 'hang_up', {}, isGone(card));
    const call = endedCall(activeCall(card, host), seen);
    story.catchUp(call);
    story.note(call);
    ended();
    return classes.hangupResult([call]);
  }

  async function declineCall(/** @type {any} */ asked) {
    const card = theCall(asked);
    demand('decline');
    await control(card, 'decline', {}, isGone(card));
    /** @type {NeutralCall} */
    const call = { ...activeCall(card, host), state: 'ended', reason: 'error', agentStatus: 'DeclinedByAgent', closeOnError: false };
    story.note(call);
    return classes.callResult(call);
  }

  async function acceptCall(/** @type {any} */ asked) {
    const card = theCall(asked);
    demand('answer');
    const bridged = (/** @type {VoiceView} */ seen) => seen.calls.find(({ call_id, state }) => call_id === card.call_id && state === 'bridged');
    const { view: seen } = await control(card, 'answer', {}, (one) => Boolean(bridged(one)) || isGone(card)(one));
    const answered = bridged(seen);
    if (!answered) throw refusalOf('no-answer');
    const call = activeCall(answered, host);
    story.note(call);
    return classes.callResult(call);
  }

  /** There is the desk phone alone, and its number is the phone system's. @param {any} config */
  async function setAgentConfig(config) {
    const { type = 'DESK_PHONE', number = '' } = Object(Object(config).selectedPhone);
    if (type !== 'DESK_PHONE' || number) throw classes.error(refusalOf('unsupported'));
    return classes.success();
  }

  async function addParticipant(/** @type {any} */ contact, /** @type {any} */ asked, /** @type {boolean} */ isBlind) {
    const target = String(contact?.phoneNumber ?? '').slice(0, 255);
    if (!isBlind) return parties.consult(target, asked);
    const card = theCall(asked);
    demand('transfer');
    await control(card, 'transfer', { target });
    const call = activeCall(card, host);
    // The library tells the end of the first call itself.
    story.note({ ...call, state: 'ended', reason: 'ended' });
    return classes.participantResult(call, target);
  }

  /** Colleagues who fit; whoever cannot be asked is nobody. @param {any} filter */
  async function found(filter) {
    const words = String(filter?.contains ?? '');
    return isReady() && words ? findColleagues(words).catch(() => []) : [];
  }

  /** The calls that the host may know of by now, each with its third party. */
  function toldCalls() {
    if (!isReady() || !view) return [];
    const calls = liveCards(view).filter(({ call_id }) => !story.isOver(call_id)).map((card) => ({ card, call: activeCall(card, host) }));
    return calls.filter(({ call }) => !story.isEarly(call)).flatMap(({ card, call }) => [call, thirdCall(card, host) ?? []].flat());
  }

  function getActiveCalls() {
    const calls = toldCalls();
    if (admission.takeReadying()) {
      calls.forEach(story.note);
      later(() => view && isReady() && story.follow(view), 0);
      if (calls.length > 0 && !endReplay) {
        const release = story.hold();
        endReplay = release;
        later(release, REPLAY_MS);
      }
    } else if (!isEnding) {
      // Salesforce asks for a replay: the library is about to tell each of these.
      calls.forEach(story.note);
      endReplay?.();
      endReplay = null;
    }
    return classes.activeCalls(calls);
  }

  function wrapUpCall(/** @type {any} */ call) {
    const done = (view?.wrapups ?? []).filter(({ call_id }) => !call?.callId || call.callId === call_id);
    for (const { call_id } of done) {
      leftWrapups.add(call_id);
      send({ type: 'wrapup', call_id, done: true });
    }
  }

  /** What a lost connection may have swallowed is said again, while the adapter still waits for it. @param {VoiceView} seen */
  function sayLeftWrapups(seen) {
    for (const call_id of leftWrapups) {
      if (!seen.wrapups.some((over) => over.call_id === call_id)) leftWrapups.delete(call_id);
      else if (isNewConnection) send({ type: 'wrapup', call_id, done: true });
    }
    isNewConnection = false;
  }

  const quiet = () => undefined;
  const methods = {
    init: admission.init,
    dial: guarded(dial),
    acceptCall: guarded(acceptCall),
    declineCall: guarded(declineCall),
    endCall: guarded(endCall),
    hold: guarded(parties.toggle(true, 'hold', 'hold')),
    resume: guarded(parties.toggle(false, 'resume', 'hold')),
    mute: guarded(parties.toggle(true, 'mute', 'mute')),
    unmute: guarded(parties.toggle(false, 'unmute', 'mute')),
    sendDigits: guarded(async (digits) => {
      demand('digits');
      await control(theCall(null), 'digits', { digits: String(digits).slice(0, 64) });
    }),
    addParticipant: guarded(addParticipant),
    swap: guarded(async (/** @type {any} */ held) => parties.swap(held)),
    conference: guarded(async (/** @type {any} */ calls) => parties.conference(calls)),
    pauseRecording: guarded(parties.record(true)),
    resumeRecording: guarded(parties.record(false)),
    getAgentConfig: async () => classes.agentConfig(),
    setAgentConfig,
    setAgentStatus: async () => classes.statusTaken(),
    getPhoneContacts: async (/** @type {any} */ filter) => classes.phoneContacts(await found(filter)),
    getContacts: async (/** @type {any} */ filter) => classes.contacts(await found(filter)),
    getActiveCalls: async () => getActiveCalls(),
    wrapUpCall: (/** @type {any} */ call) => {
      try {
        wrapUpCall(call);
      } catch (thrown) {
        console.warn('connector: wrap-up', thrown);
      }
    },
    async logout() {
      const result = await admission.logout();
      view = null;
      return result;
    },
    handleMessage: quiet,
    onAgentWorkEvent: quiet,
    logMessageToVendor: quiet,
    // The library's own log holds phone numbers: it is given to nobody.
    downloadLogs: quiet,
  };

  return {
    vendor: classes.connector(methods, () => host.can),
    /** @param {VoiceView} seen @param {string} user the session's, by the ticket */
    show(seen, user) {
      if (!isNewer(view, seen)) return;
      view = seen;
      skew = seen.now - clock();
      host.can = { ...NOTHING, ...Object.fromEntries(Object.entries(seen.can).filter(([name]) => name in NOTHING)) };
      sayLeftWrapups(seen);
      requests.look(seen);
      admission.seen(user);
      if (isReady() && !admission.isReadying()) story.follow(seen);
    },
    tellWhy: admission.tellWhy,
    /** The first view of a new connection comes next. */
    connected: () => void (isNewConnection = true),
    /** An error frame: nobody else answers. @param {{code: string, request_id?: string}} told */
    failed: ({ code, request_id: id }) => requests.fail(code, id),
    /** The session is over: Salesforce shows the sign-in page again. */
    signedOut() {
      view = null;
      requests.fail('signed-out');
      admission.over();
    },
  };
}
