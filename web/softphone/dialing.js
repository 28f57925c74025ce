/**
 * From a request to dial, or to act in a call, to the server's answer.
 *
 * A request is sent or refused at once, never kept for later: an agent who clicked a minute ago does not
 * expect the phone to ring now. Each answer has its own `tone`.
 */

import { wordsFor } from './strings.js';

/** @import {Act, Answer, Frame, Model, RecordRef, Tone, View} from './types.js' */

const ANSWER_MS = 8_000;
/** A double click, or one click that Salesforce reports twice. */
const DOUBLE_MS = 1_000;
/** Messages that are true only until the connection is back. */
export const OFFLINE = 'offline';
/** Answers that the card itself shows. */
const TAKEN = 'placed';

/** @typedef {{number: string, record: RecordRef|null, name: string, params: string, clickedAt: number, workId?: string}} Wish */

/**
 * @typedef {{
 *   model: Model, send: (frame: Frame) => boolean, makeId: () => string, t: (key: string) => string,
 *   say: (id: string, tone: Tone, text: string, act?: Act) => void,
 *   unsay: (id: string) => void, render: () => void, renew?: () => void, now?: () => number,
 * }} Ports
 */

export const SHOW_AS = 'softphone/show-as';

/** The chosen caller ID, if it is one of the org's and can be shown. @param {Model} model */
export const shownAs = ({ showAs, view }) =>
  view?.can['caller_id'] && view.settings.caller_ids?.some(({ number }) => number === showAs) ? showAs : '';

/** The frame of a wish. @param {Wish} wish @param {string} requestId @param {{sentAt: number, confirmed: boolean, ringOn: string, showAs: string}} how @returns {Frame} */
const dialFrame = ({ number, record, params, clickedAt, workId }, requestId, { sentAt, confirmed, ringOn, showAs }) => ({
  type: 'dial', request_id: requestId, number, clicked_at: clickedAt, sent_at: sentAt,
  ...(record ? { record } : {}), ...(params ? { params } : {}), ...(workId ? { work_id: workId } : {}),
  ...(confirmed ? { confirmed } : {}), ...(ringOn ? { ring_profile: ringOn } : {}), ...(showAs ? { caller_id: showAs } : {}),
});

/** Whether one of these actions was requested in this call and is not answered yet. @param {Model} model @param {string} callId @param {...string} actions */
export const isAsked = ({ asked }, callId, ...actions) => asked.some((one) => one.call_id === callId && actions.includes(one.action));

/** The request that waits for an answer, until an answer, a call, a time-out or a lost connection. @param {Ports} ports */
function createPending({ model, t, say, render, renew = () => {} }) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  function conclude() {
    clearTimeout(timer);
    model.pending = null;
  }
  function unanswered() {
    conclude();
    say('dial', 'warning', t('dial.unanswered'));
  }
  return {
    conclude,
    unanswered,
    /** @param {string} request_id @param {Wish} wish */
    wait(request_id, { number, name }) {
      model.pending = { request_id, number, name };
      clearTimeout(timer);
      timer = setTimeout(() => {
        unanswered();
        // The connection may have died silently; if the server was only slow, the answer is in the next view.
        renew();
      }, ANSWER_MS);
      render();
    },
    /** @param {string} requestId */
    is: (requestId) => model.pending?.request_id === requestId,
  };
}

/** Requests in calls that are not answered yet: their buttons wait. @param {Ports} ports */
function createAsked({ model, render }) {
  /** @param {string} requestId */
  function conclude(requestId) {
    model.asked = model.asked.filter(({ request_id: id }) => id !== requestId);
  }
  return {
    conclude,
    /** @param {string} request_id @param {{call_id: string, action: string}} request */
    wait(request_id, { call_id, action }) {
      model.asked = [...model.asked, { request_id, call_id, action }];
      setTimeout(() => (conclude(request_id), render()), ANSWER_MS);
      render();
    },
  };
}

class Dialing {
  // Our requests and the latest answer to each: "placed" may be followed by a refusal.
  /** @type {Map<string, string>} */
  #mine = new Map();
  #latest = '';
  #sent = { number: '', at: 0 };
  #again = () => {};
  #ports;
  #pending;
  #asked;
  #now;

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
    this.#pending = createPending(ports);
    this.#asked = createAsked(ports);
    this.#now = ports.now ?? (() => Date.now());
  }

  /** @param {Wish} wish @returns {boolean} whether it went out */
  dial = (wish) => this.#isDouble(wish) || this.#send(wish, false);

  /** The first of the two waits for its answer, or its call began a moment ago. @param {Wish} wish */
  #isDouble({ number }) {
    const { pending, view } = this.#ports.model;
    if (pending) return pending.number === number;
    const isCalled = this.isMine() && this.#sent.number === number && (view?.calls.length ?? 0) > 0;
    return isCalled && this.#now() - this.#sent.at < DOUBLE_MS;
  }

  /** @param {Wish} wish @param {boolean} confirmed @returns {boolean} */
  #send(wish, confirmed) {
    const { model, send, makeId, t, say, unsay } = this.#ports;
    unsay('dial');
    const requestId = makeId();
    if (!send(dialFrame(wish, requestId, { sentAt: this.#now(), confirmed, ringOn: model.ringOn, showAs: shownAs(model) }))) {
      say(OFFLINE, 'error', t(model.stage === 'signed-out' ? 'dial.signedOut' : 'dial.offline'));
      return false;
    }
    this.#mine.set((this.#latest = requestId), '');
    this.#sent = { number: wish.number, at: this.#now() };
    this.#again = () => void this.#send({ ...wish, clickedAt: this.#now() }, true);
    this.#pending.wait(requestId, wish);
    return true;
  }

  /** @param {Answer} answer */
  #take(answer) {
    const { t, say } = this.#ports;
    this.#mine.set(answer.request_id, answer.code);
    if (this.#pending.is(answer.request_id)) this.#pending.conclude();
    this.#asked.conclude(answer.request_id);
    // The question is the latest wish's: of an earlier one nobody may still want the call.
    const asked = answer.code === 'confirm-repeat' && answer.request_id === this.#latest;
    const { tone = answer.code === TAKEN ? 'quiet' : 'error' } = answer;
    if (asked) say('dial', 'warning', wordsFor(t, answer), { label: t('dial.again'), run: this.#again });
    else if (tone !== 'quiet') say('dial', tone, wordsFor(t, answer));
  }

  /** Hear what a view says about this page's own wishes, each word once. @param {View} view */
  hear = (view) => {
    for (const answer of view.answers) {
      if ((this.#mine.get(answer.request_id) ?? answer.code) !== answer.code) this.#take(answer);
    }
    if (view.calls.length > 0) this.#pending.conclude();
  };

  /** An error frame in answer to one of these wishes: it is the whole answer. @param {{code: string, text: string, request_id?: string}} told @returns {boolean} whether it was one */
  refused = ({ code, text, request_id: requestId = '' }) => {
    if (!this.#mine.has(requestId)) return false;
    this.#take({ request_id: requestId, code, text, at: 0, tone: 'error' });
    return true;
  };

  /** Whether the latest call was dialed from this page. */
  isMine = () => this.#latest !== '' && this.#mine.get(this.#latest) === TAKEN;

  /** The connection that would have brought the answer is gone. */
  drop = () => {
    if (this.#ports.model.pending) this.#pending.unanswered();
    this.#ports.model.asked = [];
  };

  /** Something to be done in a call, once until it is answered; each key is one of its own. @param {{call_id: string, action: string, target?: string, digits?: string}} request @returns {boolean} whether it went out */
  control = (request) => {
    const { model, send, makeId, t, say, unsay } = this.#ports;
    if (isAsked(model, request.call_id, request.action)) return false;
    const requestId = makeId();
    unsay('dial');
    if (!send({ type: 'control', request_id: requestId, ...request })) {
      say(OFFLINE, 'error', t('control.offline'));
      return false;
    }
    this.#mine.set(requestId, '');
    if (request.action !== 'digits') this.#asked.wait(requestId, request);
    return true;
  };
}

/** @param {Ports} ports */
export const createDialing = (ports) => new Dialing(ports);
