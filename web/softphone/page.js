/** What all parts of a softphone page share: the model, messages to the agent, clock and store. */

import { createClock } from './clock.js';
import { draftStore, journalStore } from './stores.js';

/** @import {Act, CtiError, Model, Tone, Translate} from './types.js' */

/** How long a success message is shown. */
const GOOD_NEWS_MS = 10_000;

/** @returns {string} 128 random bits */
export function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @returns {Model} */
export const createModel = () => ({
  stage: 'connecting', clickToDial: false, view: null, pending: null, asked: [], messages: [], blocked: null,
  signIn: { by: 'dev', busy: false, failed: false, opened: false }, retryAt: null, viewed: [], offers: {}, connection: 0,
  ringProfiles: [], ringOn: '', showAs: '', accountOpen: false,
  history: { kind: 'all', record: '', rows: [], more: false, state: 'busy' },
  ring: { sound: false, desktop: false, needsClick: false, denied: false },
});

/** @typedef {ReturnType<typeof createPage>} Page */

/** @param {Translate} t @param {() => Promise<unknown>} moreWords */
export function createPage(t, moreWords) {
  const model = createModel();
  let draw = () => {};
  const page = {
    model, t, moreWords,
    pageId: makeId(),
    clock: createClock(),
    /** Stores of this browser and of this tab. */
    local: journalStore(async () => {
      await moreWords();
      page.say('storage', 'info', t('storage.full'));
    }),
    drafts: draftStore(),
    /** The height of the panel's content in pixels. */
    neededHeight: () => 0,
    render: () => draw(),
    onChange: (/** @type {() => void} */ listener) => void (draw = listener),
    /** @param {string} id a later message with that id replaces it @param {Tone} tone @param {string} text @param {Act} [act] @param {Act} [other] */
    say(id, tone, text, act, other) {
      const said = { id, tone, text, act, other };
      model.messages = [...model.messages.filter((message) => message.id !== id), said];
      draw();
      if (tone === 'good') setTimeout(() => model.messages.includes(said) && page.unsay(id), GOOD_NEWS_MS);
    },
    /** @param {string} id */
    unsay(id) {
      model.messages = model.messages.filter((message) => message.id !== id);
      draw();
    },
    /** Salesforce's reason for a refusal, in its own words. @param {CtiError[]} [errors] */
    reasonOf: (errors) => errors?.[0]?.message || t('error.silence'),
    /**
     * Wrap a listener: the library would swallow its exception, so tell the agent; the call continues.
     * @template T
     * @param {(told: T) => void} listener
     * @returns {(told: T) => void}
     */
    safely: (listener) => (told) => {
      try {
        listener(told);
      } catch (thrown) {
        console.warn('softphone: a listener failed', thrown);
        page.say('listener', 'error', t('listener.failed', { reason: String(thrown) }));
      }
    },
  };
  return page;
}
