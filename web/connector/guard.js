/**
 * Only pages from this org's origins may set this connector up.
 *
 * Salesforce's library stops listening after the first SETUP_CONNECTOR, from whomever it came, and
 * throws at messages without data. So our listener is registered first, and stops both.
 */

/** Where only a stand-in for Salesforce can be; the library accepts only Salesforce's host names. */
const STAND_IN = /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/;
const ITS_NAME = 'https://stand-in.lightning.force.com';

/**
 * @param {{addEventListener(type: 'message', listener: (event: MessageEvent) => void, capture: boolean): void, dispatchEvent(event: Event): unknown}} target the window
 * @param {readonly string[]} origins of the org, as browsers write them
 * @param {(origin: string) => void} onStranger
 */
export function guard(target, origins, onStranger = () => undefined) {
  /** @type {WeakSet<Event>} */
  const passed = new WeakSet();
  target.addEventListener('message', (event) => {
    const { data, origin } = event;
    if (passed.has(event)) return;
    if (data === null || typeof data !== 'object') return event.stopImmediatePropagation();
    const isOurs = origins.includes(origin) && event.ports[0];
    if (data.type !== 'SETUP_CONNECTOR' || (isOurs && !STAND_IN.test(origin))) return;
    event.stopImmediatePropagation();
    if (!isOurs) return onStranger(origin);
    const renamed = new MessageEvent('message', { data, origin: ITS_NAME, ports: [...event.ports] });
    passed.add(renamed);
    target.dispatchEvent(renamed);
  }, true);
}

/**
 * Whether the host means the org or user that we know. Ids have 15 or 18 characters.
 * @param {unknown} said @param {string} known
 */
export const isSameId = (said, known) => typeof said === 'string' && said.length >= 15 && said.slice(0, 15) === known.slice(0, 15);
