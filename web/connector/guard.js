/**
 * Who may set this connector up: pages of this org's own origins, and nobody else.
 *
 * Salesforce's library stops listening after the first SETUP_CONNECTOR, from whomever it came, and
 * throws at messages without data. So our listener is there before it, and lets neither through.
 */

/**
 * @param {{addEventListener(type: 'message', listener: (event: MessageEvent) => void, capture: boolean): void}} target the window
 * @param {readonly string[]} origins of the org, as browsers write them
 * @param {(origin: string) => void} onStranger
 */
export function guard(target, origins, onStranger = () => undefined) {
  target.addEventListener('message', (event) => {
    const { data, origin } = event;
    if (data === null || typeof data !== 'object') return event.stopImmediatePropagation();
    if (data.type !== 'SETUP_CONNECTOR' || (origins.includes(origin) && event.ports[0])) return;
    event.stopImmediatePropagation();
    onStranger(origin);
  }, true);
}

/**
 * Whether the host speaks of the org and the user that we know. Ids have 15 or 18 characters.
 * @param {unknown} said @param {string} known
 */
export const isSameId = (said, known) => typeof said === 'string' && said.length >= 15 && said.slice(0, 15) === known.slice(0, 15);
