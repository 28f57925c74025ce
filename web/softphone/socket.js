/**
 * The connection to the adapter: `softphone.v1` over a WebSocket that always reconnects.
 *
 * It is up once the first view has arrived, not when the socket is open: until then the page knows
 * nothing. Frames are sent or refused at once; none is kept for later.
 */

import { reconnectDelay } from './backoff.js';
import { createSilence } from './silence.js';

/** @import {Frame} from './types.js' */
/** @import {Ticket} from './session.js' */

const FIRST_VIEW_MS = 10_000;
const SIGNED_OUT = 4003;

/**
 * @typedef {{
 *   url: string,
 *   fetchTicket: () => Promise<Ticket>,
 *   hello: (ticket: Ticket & {ok: true}) => Frame,
 *   onFrame: (frame: any) => void,
 *   onUp: () => void, onDown: (retryAt: number) => void, onSignedOut: () => void,
 *   open?: (url: string, protocol: string) => WebSocket,
 * }} Ports `retryAt`: milliseconds of this page's clock
 */

class Socket {
  /** @type {Ports} */
  #ports;
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #failures = 0;
  #up = false;
  #greeted = false;
  // Each attempt has a number, so events of an abandoned one are ignored.
  #attempt = 0;
  #silence = createSilence(() => this.renew());

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  #retry() {
    this.#up = this.#greeted = false;
    this.#socket = null;
    const wait = reconnectDelay(this.#failures++);
    this.#timer = setTimeout(this.connect, wait);
    this.#ports.onDown(Date.now() + wait);
  }

  stop = () => {
    this.#attempt++;
    clearTimeout(this.#timer);
    this.#silence.stop();
    this.#up = this.#greeted = false;
    this.#socket?.close(1000);
    this.#socket = null;
  };

  /** Give the connection up as lost. It may take long to close, so nothing waits for that. */
  renew = () => {
    this.stop();
    this.#retry();
  };

  connect = async () => {
    this.stop();
    const mine = this.#attempt;
    const ticket = await this.#ports.fetchTicket();
    if (mine !== this.#attempt) return;
    if (ticket.ok) return this.#dial(mine, ticket);
    if (ticket.code === 'signed-out') return this.#ports.onSignedOut();
    this.#retry();
  };

  /** @param {number} mine @param {Ticket & {ok: true}} ticket */
  #dial(mine, ticket) {
    const { url, hello, open = (address, protocol) => new WebSocket(address, protocol) } = this.#ports;
    const live = open(url, 'softphone.v1');
    this.#socket = live;
    this.#timer = setTimeout(() => live.close(), FIRST_VIEW_MS);
    live.onopen = () => {
      live.send(JSON.stringify(hello(ticket)));
      this.#greeted = true;
    };
    live.onmessage = ({ data }) => mine === this.#attempt && this.#receive(JSON.parse(data));
    live.onclose = ({ code }) => {
      if (mine !== this.#attempt) return;
      clearTimeout(this.#timer);
      this.#silence.stop();
      // A new ticket decides whether the agent is signed out or the ticket was merely old.
      if (code === SIGNED_OUT) this.#failures = Math.max(this.#failures, 1);
      this.#retry();
    };
  }

  /** @param {any} frame */
  #receive(frame) {
    this.#silence.heard(frame.type === 'ping');
    if (frame.type === 'drain') return this.#drain(frame.after_ms);
    if (frame.type === 'view' && !this.#up) {
      clearTimeout(this.#timer);
      this.#up = true;
      this.#failures = 0;
      this.#ports.onUp();
    }
    this.#ports.onFrame(frame);
  }

  /** The server goes away: come back spread over the time that it gives. @param {number} afterMs */
  #drain(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.connect, afterMs);
  }

  isUp = () => this.#up;

  /** @param {Frame} frame @returns {boolean} whether it went out */
  send = (frame) => {
    if (!this.#greeted || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  };
}

/** @param {Ports} ports */
export const createSocket = (ports) => new Socket(ports);
