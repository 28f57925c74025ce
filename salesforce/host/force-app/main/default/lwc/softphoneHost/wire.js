/**
 * Connects this component and the softphone's page in its iframe by one MessagePort, passed once.
 *
 * Every script of this origin can read what a frame posts to its window, so only the handshake is
 * sent there. The page greets with a nonce that it made. A message that is not from the component's
 * own frame and the softphone's exact origin is ignored, and no greeting is answered twice.
 */

const NONCE = /^[0-9a-f]{32}$/;
const MARK = 'softphone';

/** Plain data, because proxies of the platform cannot be posted. */
const plain = (value) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

/** The message of a Salesforce error, however it is wrapped. */
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
 * page may ask for, each with its arguments; `onPage` is called for each new load of the page
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
    /** Listens to this window's messages. */
    receive(event) {
      const target = frame();
      if (!target || event.source !== target || event.origin !== origin) return;
      const { [MARK]: kind, nonce } = Object(event.data);
      if (kind !== 'hello' || !NONCE.test(nonce) || greeted.has(nonce)) return;
      open(nonce, target);
    },
    /** Sends an event; a page that is not connected yet asks for it later. */
    tell: (event, payload) => port?.postMessage({ event, payload: plain(payload) }),
    close() {
      port?.close();
      port = null;
    },
  };
}
