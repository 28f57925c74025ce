/**
 * Between this component and the softphone's page in its iframe: one MessagePort, handed over once.
 *
 * Every script of this origin can hear what a frame posts to its window, so that nothing but the
 * handshake is said there. The page greets with a nonce that it made; whoever is neither our own
 * frame nor of the softphone's exact origin is not heard, and no greeting is answered twice.
 */

const NONCE = /^[0-9a-f]{32}$/;
const MARK = 'softphone';

/** Plain data: what a proxy of the platform stands for cannot be handed over as it is. */
const plain = (value) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

/** What an error of Salesforce says, however it is wrapped. */
export function errorsOf(thrown) {
  const { body, message, code, details } = Object(thrown);
  const inner = Array.isArray(body) ? body[0] : body;
  const { message: words, output } = Object(inner);
  const about = details ?? output;
  return [{
    code: String(code ?? inner?.errorCode ?? 'SERVER_ERROR'),
    message: String(words ?? message ?? thrown ?? ''),
    ...(about ? { details: plain(about) } : {}),
  }];
}

/**
 * @param ports `frame` gives the iframe's window, `origin` is the softphone's; `methods` are what the
 * page may ask for, each with its arguments; `onPage` hears of each new load of the page
 */
export function createWire({ frame, origin, methods, onPage = () => {} }) {
  const greeted = new Set();
  let port = null;

  async function answer({ id, method, args }) {
    const mine = port;
    try {
      if (!Object.hasOwn(methods, method)) throw { code: 'UNSUPPORTED', message: String(method) };
      const value = await methods[method](Object(args));
      mine.postMessage({ id, ok: true, value: plain(value) });
    } catch (thrown) {
      mine.postMessage({ id, ok: false, errors: errorsOf(thrown) });
    }
  }
  function open(nonce, target) {
    greeted.add(nonce);
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => {
      if (typeof data?.id === 'number') answer(data);
    };
    target.postMessage({ [MARK]: 'port', nonce }, origin, [channel.port2]);
    onPage();
  }
  return {
    /** A listener of this window's messages. */
    receive(event) {
      const target = frame();
      if (!target || event.source !== target || event.origin !== origin) return;
      const { [MARK]: kind, nonce } = Object(event.data);
      if (kind !== 'hello' || !NONCE.test(nonce) || greeted.has(nonce)) return;
      open(nonce, target);
    },
    /** Something that happened here; a page that is not there yet asks by itself. */
    tell: (event, payload) => port?.postMessage({ event, payload: plain(payload) }),
    close() {
      port?.close();
      port = null;
    },
  };
}
