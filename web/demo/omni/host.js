/**
 * Salesforce's side of the connector library's wire: it sets the connector up over a port of its own,
 * asks, and is told. Frames have no ids: an answer is told apart by its type alone.
 */

/** @typedef {{type: string, payload?: any}} Told */

/**
 * @param {{frame: HTMLIFrameElement, config: () => Promise<object>, heard: (event: string, payload: any) => void}} ports
 * `heard`: news of calls, and CONNECTOR_READY
 */
export function createHost({ frame, config, heard }) {
  /** @type {MessagePort|null} */
  let port = null;

  frame.addEventListener('load', () => void setUp());

  async function setUp() {
    const connectorConfig = await config();
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => hear(data);
    frame.contentWindow?.postMessage({ type: 'SETUP_CONNECTOR', connectorConfig }, new URL(frame.src).origin, [channel.port2]);
  }

  /** @param {Told} told */
  function hear({ type, payload }) {
    if (type === 'CONNECTOR_READY') heard(type, payload);
    else if (type === 'TELEPHONY_EVENT_DISPATCHED') heard(payload.telephonyEventType, payload.telephonyEventPayload);
  }

  return {
    /** @param {{type: string, [field: string]: unknown}} request */
    ask: (request) => port?.postMessage(request),
  };
}
