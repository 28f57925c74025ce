/**
 * From a wish to dial to the server's word on it.
 *
 * A wish is sent at once or refused at once, never kept for later: an agent who clicked a minute
 * ago does not expect the phone to ring now.
 */

import { wordsFor } from './strings.js';

/** @import {Act, Frame, Model, RecordRef, View} from './types.js' */

const ANSWER_MS = 8_000;
const GOOD_NEWS = ['placed', 'duplicate'];

/** @typedef {{number: string, record: RecordRef|null, name: string, params: string, clickedAt: number, workId?: string}} Wish */

/**
 * @param {{
 *   model: Model, send: (frame: Frame) => boolean, makeId: () => string, words: (key: string) => string,
 *   say: (id: string, tone: 'info'|'warning'|'error', text: string, act?: Act) => void,
 *   unsay: (id: string) => void, render: () => void, now?: () => number,
 * }} ports
 */
export function createDialing({ model, send, makeId, words, say, unsay, render, now = () => Date.now() }) {
  // Own requests and the last word heard on each: "placed" may be followed by a refusal.
  /** @type {Map<string, string>} */
  const mine = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;

  let latest = '';
  let again = () => {};

  function conclude() {
    clearTimeout(timer);
    model.pending = null;
  }
  function unanswered() {
    conclude();
    say('dial', 'warning', words('dial.unanswered'));
  }

  /** @param {Wish} wish @param {boolean} confirmed @returns {boolean} whether it went out */
  function dial(wish, confirmed = false) {
    const { number, record, name, params, clickedAt, workId } = wish;
    unsay('dial');
    const request_id = makeId();
    const sent = send({
      type: 'dial', request_id, number, clicked_at: clickedAt, sent_at: now(),
      ...(record ? { record } : {}), ...(params ? { params } : {}), ...(workId ? { work_id: workId } : {}), ...(confirmed ? { confirmed } : {}), ...(model.ringOn ? { ring_profile: model.ringOn } : {}),
    });
    if (!sent) {
      say('dial', 'error', words(model.stage === 'signed-out' ? 'dial.signedOut' : 'dial.offline'));
      return false;
    }
    mine.set((latest = request_id), '');
    again = () => void dial({ ...wish, clickedAt: now() }, true);
    model.pending = { request_id, number, name };
    clearTimeout(timer);
    timer = setTimeout(unanswered, ANSWER_MS);
    render();
    return true;
  }

  return {
    /** @param {Wish} wish @returns {boolean} whether it went out */
    dial: (wish) => dial(wish),
    /** Hear what a view says about this page's own wishes, each word once. @param {View} view */
    hear(view) {
      for (const answer of view.answers) {
        if ((mine.get(answer.request_id) ?? answer.code) === answer.code) continue;
        mine.set(answer.request_id, answer.code);
        if (model.pending?.request_id === answer.request_id) conclude();
        // The question is the latest wish's: of an earlier one nobody may still want the call.
        const asked = answer.code === 'confirm-repeat' && answer.request_id === latest;
        if (asked) say('dial', 'warning', wordsFor(words, answer), { label: words('dial.again'), run: again });
        else if (!GOOD_NEWS.includes(answer.code)) say('dial', 'error', wordsFor(words, answer));
      }
      if (view.calls.length > 0) conclude();
    },
    /** Whether the latest call was dialed from this page. */
    isMine: () => latest !== '' && GOOD_NEWS.includes(mine.get(latest) ?? ''),
    /** The connection that would have brought the answer is gone. */
    drop() {
      if (model.pending) unanswered();
    },
    /** A request of another kind (a control) whose answer this page wants to hear. @param {string} id */
    expect(id) {
      mine.set(id, '');
    },
  };
}
