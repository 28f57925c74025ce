/**
 * The phone in a window of its own, as the panel's frame sees it: for a frame without a microphone.
 *
 * A top-level window of ours asks the agent itself, whatever the page around the frame allows. It shares no
 * sign-in and no lock with a frame of another site, so it has its tickets from the frame that opened it,
 * and speaks with the other tabs through it. Each believes the other by our own exact origin, and by who
 * opened whom. https://developer.mozilla.org/docs/Web/Privacy/Guides/State_Partitioning
 */

/** @import {View} from './types.js' */
/** @import {Ticket} from './session.js' */

export const MARK = 'softphone-phone';
const LOOK_MS = 1_000;

/**
 * @param {{fetchTicket: () => Promise<Ticket>, onTold: (data: any) => void, onOpen: () => void, onClosed: () => void}} ports
 * @param {Window} page
 */
export function createAudioWindow({ fetchTicket, onTold, onOpen, onClosed }, page = window) {
  /** @type {Window|null} */
  let there = null;
  /** @type {object|null} */
  let shown = null;
  const say = (/** @type {object} */ said) => there?.postMessage({ [MARK]: said }, page.location.origin);
  const watching = setInterval(() => {
    if (!there?.closed) return;
    there = null;
    onClosed();
  }, LOOK_MS);
  page.addEventListener('message', receive);

  /** @param {MessageEvent} event */
  async function receive({ source, origin, data }) {
    const said = Object(data)[MARK];
    const sender = /** @type {Window} */ (source);
    // The window may have been opened before this frame was reloaded.
    if (!said || origin !== page.location.origin || sender?.opener !== page) return;
    if (said.say === 'hello') {
      const known = there === sender;
      there = sender;
      if (shown) say({ say: 'view', view: shown });
      if (!known) onOpen();
    } else if (said.say === 'ticket') {
      say({ say: 'ticket', id: said.id, ticket: await fetchTicket() });
    } else if (said.say === 'told') {
      onTold(said.data);
    }
  }
  return {
    isOpen: () => there !== null,
    /** On the agent's click: open it, or bring it to the front. */
    show() {
      if (there) return there.focus();
      const language = new URLSearchParams(page.location.search).get('lang');
      page.open(`/phone${language ? `?lang=${encodeURIComponent(language)}` : ''}`, MARK, 'popup,width=400,height=260');
    },
    /** What it must know of the agent's calls. @param {View} view */
    hear({ agent, calls, notices }) {
      const next = { agent, calls: calls.map(() => ({})), notices: notices.map(({ code }) => ({ code })) };
      if (JSON.stringify(next) === JSON.stringify(shown)) return;
      shown = next;
      say({ say: 'view', view: next });
    },
    /** @param {object} data as to the other tabs */
    tell: (data) => say({ say: 'told', data }),
    leave() {
      say({ say: 'bye' });
      clearInterval(watching);
      page.removeEventListener('message', receive);
      there = null;
    },
  };
}
