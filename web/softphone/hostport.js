/**
 * The connection to our host component in Lightning's utility bar: a MessagePort, handed over once.
 *
 * Every script in the host's page can read messages to its window, so only a greeting with a nonce is
 * sent there. A port counts only if it comes from our own parent, at the exact origin
 * that frames us, in answer to this nonce; the first one is the only one.
 */

/** @import {CtiError, Outcome} from './types.js' */

const MARK = 'softphone';
const GREET_EVERY_MS = 500;
const PATIENCE_MS = 10_000;

/** @typedef {{ask: (method: string, args?: object, ms?: number) => Promise<Outcome<any>>, on: (event: string, listener: (payload: any) => void) => void}} HostApi */

/** Requests and answers over a port; events go to their listeners. @param {MessagePort} port @returns {HostApi} */
export function createHostApi(port) {
  /** @type {Map<number, (outcome: Outcome<any>) => void>} */
  const waiting = new Map();
  /** @type {Map<string, ((payload: any) => void)[]>} */
  const listeners = new Map();
  let last = 0;
  port.onmessage = ({ data }) => {
    const { id, ok, value = null, errors = [], event, payload } = Object(data);
    if (event !== undefined) return listeners.get(event)?.forEach((listener) => listener(payload));
    const settle = waiting.get(id);
    waiting.delete(id);
    settle?.(ok === true ? { ok, value } : { ok: false, errors: /** @type {CtiError[]} */ (errors), timedOut: false });
  };
  return {
    /** Without `ms` there is no time-out: a late answer counts. */
    ask: (method, args = {}, ms = 0) => new Promise((resolve) => {
      const id = (last += 1);
      waiting.set(id, resolve);
      port.postMessage({ id, method, args });
      if (ms > 0) {
        setTimeout(() => {
          if (waiting.delete(id)) resolve({ ok: false, errors: [{ code: 'TIMEOUT', message: '' }], timedOut: true });
        }, ms);
      }
    }),
    on: (event, listener) => void listeners.set(event, [...(listeners.get(event) ?? []), listener]),
  };
}

/**
 * @param {string} origin validated by `parameters.js`
 * @param {string} nonce 32 hexadecimal digits
 * @param {Window} page
 * @returns {Promise<{ok: true, api: HostApi} | {ok: false, code: string, detail: string}>}
 */
export function reachHost(origin, nonce, page = window) {
  const greet = () => page.parent.postMessage({ [MARK]: 'hello', nonce }, origin);
  return new Promise((resolve) => {
    const again = setInterval(greet, GREET_EVERY_MS);
    const late = setTimeout(() => {
      finish();
      resolve({ ok: false, code: 'host-silent', detail: origin });
    }, PATIENCE_MS);
    /** @param {MessageEvent} event */
    function receive({ source, origin: sender, data, ports }) {
      const [port] = ports;
      if (source !== page.parent || sender !== origin || !port) return;
      if (Object(data)[MARK] !== 'port' || data.nonce !== nonce) return;
      finish();
      resolve({ ok: true, api: createHostApi(port) });
    }
    function finish() {
      clearInterval(again);
      clearTimeout(late);
      page.removeEventListener('message', receive);
    }
    page.addEventListener('message', receive);
    greet();
  });
}
