/**
 * A phone's connection to our server, which forwards its SIP. It sends hello with a ticket first, and gets
 * its credentials. Text is SIP; a JSON object is between this page and the server.
 */

import { createSilence } from './silence.js';

/** @import {SipSocket} from './jssip.js' */
/** @import {Ticket} from './session.js' */

/** @typedef {{user: string, password: string, ice?: RTCIceServer[]}} PhoneLogin */

/** Final codes: another page has the phone; the agent has none. */
export const TAKEN = 4010;
const NO_PHONE = 4011;
/** No close frame was received. https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const GONE = 1006;
export const FINAL = [TAKEN, NO_PHONE];

/** @implements {SipSocket} */
export class PhoneSocket {
  /** Whether to take the phone from another browser, as the agent confirmed. */
  takes = false;
  via_transport = 'WS';
  sip_uri = 'sip:softphone.invalid;transport=ws';
  /** @type {WebSocket|null} */
  #live = null;
  #isReady = false;
  #isTold = false;
  #isOver = false;
  #attempt = 0;
  #silence = createSilence(() => this.renew());
  #ports;

  onconnect = () => {};
  /** @type {SipSocket['ondisconnect']} */
  ondisconnect = () => {};
  /** @type {SipSocket['ondata']} */
  ondata = () => {};

  /** @param {{url: string, fetchTicket: () => Promise<Ticket>, onReady: (login: PhoneLogin) => void, onAudio: (found: boolean) => void, onFinal: (code: number) => void, open?: (url: string, protocol: string) => WebSocket}} ports */
  constructor(ports) {
    this.#ports = ports;
    this.url = ports.url;
  }

  /** If it is already ready, it connected before anybody listened. */
  connect = () => void (this.#isReady || this.#isOver || this.#open());

  async #open() {
    const mine = ++this.#attempt;
    const ticket = await this.#ports.fetchTicket();
    if (mine !== this.#attempt) return;
    if (!ticket.ok) return this.ondisconnect(true, 0, ticket.code);
    const { url, open = (address, protocol) => new WebSocket(address, protocol) } = this.#ports;
    const live = open(url, 'sip');
    this.#live = live;
    live.onopen = () => live.send(JSON.stringify({ type: 'hello', ticket: ticket.ticket, ...(this.takes && { take: true }) }));
    live.onmessage = ({ data }) => mine === this.#attempt && this.#receive(String(data));
    live.onclose = ({ code, reason }) => mine === this.#attempt && this.#closed(code, reason);
  }

  /** @param {string} data */
  #receive(data) {
    const said = data.startsWith('{') ? JSON.parse(data) : null;
    this.#silence.heard(said?.type === 'ping');
    if (!said) return this.ondata(data);
    if (said.type === 'audio') this.#ports.onAudio(said.found === true);
    if (said.type !== 'ready') return;
    this.#isReady = true;
    this.takes = false;
    this.#ports.onReady(said);
    this.#isTold = true;
    this.onconnect();
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    this.#silence.stop();
    this.#isReady = this.#isTold = false;
    this.#live = null;
    if (FINAL.includes(code)) return this.#ports.onFinal(code);
    this.ondisconnect(code !== 1000, code, reason);
  }

  /** Reconnect at once, if it was ever ready. */
  renew = () => {
    if (this.#isOver || this.#attempt === 0) return;
    this.#live?.close(1000);
    this.#closed(GONE, 'renewed');
    void this.#open();
  };

  /** Close for good, even if a reconnect is pending. */
  disconnect = () => {
    this.#isOver = true;
    this.#attempt++;
    this.#silence.stop();
    this.#isReady = this.#isTold = false;
    this.#live?.close(1000);
    this.#live = null;
  };

  /** @param {string} message @returns {boolean} whether it was sent */
  send = (message) => {
    if (!this.#isReady || this.#live?.readyState !== WebSocket.OPEN) return false;
    this.#live.send(message);
    return true;
  };

  /** Send a frame for the server itself. @param {object} frame */
  tell = (frame) => this.send(JSON.stringify(frame));

  isConnected = () => this.#isTold;
  isConnecting = () => this.#live !== null && !this.#isTold;
}
