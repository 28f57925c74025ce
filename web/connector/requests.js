/**
 * The host's requests as frames: the view answers each by its id, or it times out. Salesforce's requests
 * have no ids, so at most one of each kind is open.
 */

import { Refusal } from './classes.js';

/** @import {Frame} from '../softphone/types.js' */
/** @import {Answered, VoiceView} from './types.js' */

const DEADLINE_MS = 8_000;

/** @type {{[code: string]: string}} */
const LABELS = {
  'busy': 'Softphone_Busy',
  'confirm-repeat': 'Softphone_Repeat',
  'hang-up-at-phone': 'Softphone_Hang_Up_Phone',
  'no-answer': 'Softphone_No_Answer',
  'not-configured': 'Softphone_Not_Configured',
  'not-allowed': 'Softphone_Not_Allowed',
  'offline': 'Softphone_Offline',
  'other-surface': 'Softphone_Other_Surface',
  'provider-refused': 'Softphone_Provider_Refused',
  'signed-out': 'Softphone_Sign_In',
  'too-many': 'Softphone_Too_Many',
  'too-many-org': 'Softphone_Too_Many',
  'too-old': 'Softphone_No_Answer',
  'unknown-outcome': 'Softphone_No_Answer',
  'unsupported': 'Softphone_Unsupported',
  'use-your-phone': 'Softphone_Emergency',
};

/** The reason for a refusal, for the host. @param {string} code of an answer of ours @returns {Refusal} */
export function refusalOf(code) {
  // A number that cannot be dialed, or a call that is over, has Salesforce's own text, in the agent's language.
  if (code.startsWith('refused-')) return new Refusal({ type: 'INVALID_DESTINATION' });
  const label = LABELS[code];
  return new Refusal(label ? { label } : { type: 'GENERIC_ERROR' });
}

/**
 * @param {{
 *   send: (frame: Frame) => boolean, makeId: () => string, view: () => VoiceView|null,
 *   setTimer?: (run: () => void, ms: number) => unknown, clearTimer?: (timer: any) => void,
 * }} ports
 */
export function createRequests({ send, makeId, view, setTimer = (run, ms) => setTimeout(run, ms), clearTimer = (timer) => clearTimeout(timer) }) {
  /** @typedef {{kind: string, look: (view: VoiceView) => boolean, fail: (refusal: Refusal) => void}} Open */
  /** @type {Map<string, Open>} */
  const open = new Map();

  /**
   * Ask, and wait for the answer that is good; `until`: what must be seen besides.
   * @param {string} kind @param {Frame} frame @param {{good?: string[], until?: (view: VoiceView) => boolean}} [wanted]
   * @returns {Promise<Answered>}
   */
  async function ask(kind, frame, { good = ['done'], until = () => true } = {}) {
    if ([...open.values()].some((one) => one.kind === kind)) throw refusalOf(kind === 'dial' ? 'busy' : 'in-hand');
    const id = makeId();
    if (!send({ ...frame, request_id: id })) throw refusalOf('offline');
    return new Promise((resolve, reject) => {
      const settle = (/** @type {() => void} */ run) => {
        clearTimer(timer);
        open.delete(id);
        run();
      };
      let isDone = false;
      const timer = setTimer(() => settle(() => (isDone ? resolve({ view: /** @type {VoiceView} */ (view()), late: true }) : reject(refusalOf('no-answer')))), DEADLINE_MS);
      open.set(id, {
        kind,
        fail: (refusal) => settle(() => reject(refusal)),
        look(seen) {
          const answer = seen.answers.find(({ request_id }) => request_id === id);
          if (answer && !good.includes(answer.code)) settle(() => reject(refusalOf(answer.code)));
          isDone ||= Boolean(answer);
          if (isDone && until(seen)) settle(() => resolve({ view: seen, late: false }));
          return open.has(id);
        },
      });
    });
  }

  return {
    ask,
    /** @param {VoiceView} seen */
    look: (seen) => [...open.values()].forEach((one) => one.look(seen)),
    /** Nobody will answer any more: this request, or any without an id. @param {string} code @param {string} [id] */
    fail: (code, id) => [...open].forEach(([one, { fail }]) => (id === undefined || id === one) && fail(refusalOf(code))),
    isOpen: () => open.size > 0,
  };
}
