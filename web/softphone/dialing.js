/**
 * From a wish to dial, or to do something in a call, to the server's word on it.
 *
 * A wish is sent at once or refused at once, never kept for later: an agent who clicked a minute
 * ago does not expect the phone to ring now. Each answer says itself how it is to be taken (`tone`).
 */

import { wordsFor } from './strings.js';

/** @import {Act, Answer, Frame, Model, RecordRef, Tone, View} from './types.js' */

const ANSWER_MS = 8_000;
/** The card shows what these say. */
const TAKEN = ['placed', 'duplicate'];

/** @typedef {{number: string, record: RecordRef|null, name: string, params: string, clickedAt: number, workId?: string}} Wish */

/**
 * @typedef {{
 *   model: Model, send: (frame: Frame) => boolean, makeId: () => string, t: (key: string) => string,
 *   say: (id: string, tone: Tone, text: string, act?: Act) => void,
 *   unsay: (id: string) => void, render: () => void, now?: () => number,
 * }} Ports
 */

/** The frame of a wish. @param {Wish} wish @param {string} requestId @param {{sentAt: number, confirmed: boolean, ringOn: string}} how @returns {Frame} */
export const dialFrame = ({ number, record, params, clickedAt, workId }, requestId, { sentAt, confirmed, ringOn }) => ({
  type: 'dial', request_id: requestId, number, clicked_at: clickedAt, sent_at: sentAt,
  ...(record ? { record } : {}), ...(params ? { params } : {}), ...(workId ? { work_id: workId } : {}),
  ...(confirmed ? { confirmed } : {}), ...(ringOn ? { ring_profile: ringOn } : {}),
});

/** The wish whose answer is awaited: it is over by an answer, a call, silence, or a lost connection. @param {Ports} ports */
function createPending({ model, t, say, render }) {
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
      timer = setTimeout(unanswered, ANSWER_MS);
      render();
    },
    /** @param {string} requestId */
    is: (requestId) => model.pending?.request_id === requestId,
  };
}

/** @param {Ports} ports */
export function createDialing(ports) {
  const { model, send, makeId, t, say, unsay, now = () => Date.now() } = ports;
  // Own requests and the last word heard on each: "placed" may be followed by a refusal.
  /** @type {Map<string, string>} */
  const mine = new Map();
  const pending = createPending(ports);
  let latest = '';
  let again = () => {};

  /** @param {Wish} wish @param {boolean} confirmed @returns {boolean} whether it went out */
  function dial(wish, confirmed = false) {
    unsay('dial');
    const requestId = makeId();
    if (!send(dialFrame(wish, requestId, { sentAt: now(), confirmed, ringOn: model.ringOn }))) {
      say('dial', 'error', t(model.stage === 'signed-out' ? 'dial.signedOut' : 'dial.offline'));
      return false;
    }
    mine.set((latest = requestId), '');
    again = () => void dial({ ...wish, clickedAt: now() }, true);
    pending.wait(requestId, wish);
    return true;
  }
  /** @param {Answer} answer */
  function take(answer) {
    mine.set(answer.request_id, answer.code);
    if (pending.is(answer.request_id)) pending.conclude();
    // The question is the latest wish's: of an earlier one nobody may still want the call.
    const asked = answer.code === 'confirm-repeat' && answer.request_id === latest;
    const { tone = TAKEN.includes(answer.code) ? 'quiet' : 'error' } = answer;
    if (asked) say('dial', 'warning', wordsFor(t, answer), { label: t('dial.again'), run: again });
    else if (tone !== 'quiet') say('dial', tone, wordsFor(t, answer));
  }

  return {
    /** @param {Wish} wish @returns {boolean} whether it went out */
    dial: (wish) => dial(wish),
    /** Hear what a view says about this page's own wishes, each word once. @param {View} view */
    hear(view) {
      for (const answer of view.answers) {
        if ((mine.get(answer.request_id) ?? answer.code) !== answer.code) take(answer);
      }
      if (view.calls.length > 0) pending.conclude();
    },
    /** An error frame in answer to one of these wishes: it is the whole answer. @param {{code: string, text: string, request_id?: string}} told @returns {boolean} whether it was one */
    refused({ code, text, request_id: requestId = '' }) {
      if (!mine.has(requestId)) return false;
      take({ request_id: requestId, code, text, at: 0, tone: 'error' });
      return true;
    },
    /** Whether the latest call was dialed from this page. */
    isMine: () => latest !== '' && TAKEN.includes(mine.get(latest) ?? ''),
    /** The connection that would have brought the answer is gone. */
    drop() {
      if (model.pending) pending.unanswered();
    },
    /** Something to be done in a call. @param {object} request */
    control(request) {
      const requestId = makeId();
      unsay('dial');
      if (send({ type: 'control', request_id: requestId, ...request })) mine.set(requestId, '');
      else say('dial', 'error', t('control.offline'));
    },
  };
}
