/**
 * Beside Salesforce's own phone, in our component of a Voice Extension (salesforce/voice). The page does
 * not dial, ring or save here. It only knows the record in view and may open records; all else is answered
 * UNSUPPORTED.
 */

import { recordOf } from './lightning.js';
import { textOf } from './outcome.js';

/** @import {Driver, Outcome, RecordRef} from './types.js' */

const MARK = 'softphone';

/** @type {Outcome<any>} */
const NOTHING = { ok: true, value: null };
const nothing = async () => NOTHING;

/** @param {string} what @returns {() => Promise<Outcome<never>>} */
const unsupported = (what) => async () => ({ ok: false, errors: [{ code: 'UNSUPPORTED', message: what }], timedOut: false });

/** @param {string} origin of the page around us, validated by `parameters.js` @param {Window} page @returns {Driver} */
export function voiceDriver(origin, page = window) {
  /** @type {RecordRef|null} */
  let viewed = null;
  /** @type {((record: RecordRef|null) => void)[]} */
  const listeners = [];
  const tell = (/** @type {string} */ kind, more = {}) => page.parent.postMessage({ [MARK]: kind, ...more }, origin);

  page.addEventListener('message', ({ source, origin: sender, data }) => {
    if (source !== page.parent || sender !== origin || Object(data)[MARK] !== 'viewed') return;
    viewed = recordOf(data);
    listeners.forEach((listener) => listener(viewed));
  });
  tell('hello');

  /** @param {string} type @param {any} params @returns {Promise<Outcome<any>>} */
  async function pop(type, params) {
    if (type !== 'SOBJECT') return unsupported(type)();
    tell('open', { recordId: textOf(Object(params).recordId) });
    return NOTHING;
  }

  return {
    surface: 'voice',
    probe: nothing, enable: nothing, disable: nothing, showPanel: nothing, look: nothing, size: nothing, ready: nothing, layout: nothing, refresh: nothing,
    settings: async () => ({ ok: true, value: {} }),
    perform: unsupported('perform'),
    onClick: () => undefined,
    onNavigation: (listener) => void listeners.push(listener),
    recordInView: async () => ({ ok: true, value: viewed }),
    search: unsupported('search'),
    popFound: (found) => pop(textOf(Object(found).type), Object(found).params),
    pop,
    phonesOf: unsupported('phonesOf'),
    subscribe: unsupported('subscribe'), unsubscribe: nothing, publish: unsupported('publish'),
    onWork: () => undefined,
    completeWork: unsupported('completeWork'),
    saveLog: (_value, onReply) => void unsupported('saveLog')().then(onReply),
  };
}
