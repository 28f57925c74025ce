/**
 * The connection to the adapter: `softphone.v1` over a WebSocket that always comes back.
 *
 * It is up when the first view is here, not when the socket is open: until then the page knows
 * nothing. Frames are sent or refused at once; none is kept for later.
 */

import { reconnectDelay } from './backoff.js';

/** @import {Frame} from './types.js' */
/** @import {Ticket} from './session.js' */

const FIRST_VIEW_MS = 10_000;
const SIGNED_OUT = 4003;

/**
 * @param {{
 *   url: string,
 *   fetchTicket: () => Promise<Ticket>,
 *   hello: (ticket: Ticket & {ok: true}) => Frame,
 *   onFrame: (frame: any) => void,
 *   onUp: () => void, onDown: (retryAt: number) => void, onSignedOut: () => void,
 *   open?: (url: string, protocol: string) => WebSocket,
 * }} ports `retryAt`: milliseconds of this page's clock
 */
export function createSocket(ports) {
  const { url, fetchTicket, hello, onFrame, onUp, onDown, onSignedOut } = ports;
  const open = ports.open ?? ((address, protocol) => new WebSocket(address, protocol));
  /** @type {WebSocket|null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let failures = 0;
  let up = false;
  let greeted = false;
  // Each attempt has a number: what an abandoned one still does is ignored.
  let attempt = 0;

  function retry() {
    up = greeted = false;
    socket = null;
    const wait = reconnectDelay(failures++);
    timer = setTimeout(connect, wait);
    onDown(Date.now() + wait);
  }

  function stop() {
    attempt++;
    clearTimeout(timer);
    up = greeted = false;
    socket?.close(1000);
    socket = null;
  }

  async function connect() {
    stop();
    const mine = attempt;
    const ticket = await fetchTicket();
    if (mine !== attempt) return;
    if (ticket.ok) return dial(mine, ticket);
    if (ticket.code === 'signed-out') return onSignedOut();
    retry();
  }

  /** @param {number} mine @param {Ticket & {ok: true}} ticket */
  function dial(mine, ticket) {
    const live = open(url, 'softphone.v1');
    socket = live;
    timer = setTimeout(() => live.close(), FIRST_VIEW_MS);
    live.onopen = () => {
      live.send(JSON.stringify(hello(ticket)));
      greeted = true;
    };
    live.onmessage = ({ data }) => mine === attempt && receive(JSON.parse(data));
    live.onclose = ({ code }) => {
      if (mine !== attempt) return;
      clearTimeout(timer);
      // A new ticket decides whether the agent is signed out or the ticket was merely old.
      if (code === SIGNED_OUT) failures = Math.max(failures, 1);
      retry();
    };
  }

  /** @param {any} frame */
  function receive(frame) {
    if (frame.type === 'drain') return drain(frame.after_ms);
    if (frame.type === 'view' && !up) {
      clearTimeout(timer);
      up = true;
      failures = 0;
      onUp();
    }
    onFrame(frame);
  }

  /** The server goes away: come back spread over the time that it gives. @param {number} afterMs */
  function drain(afterMs) {
    clearTimeout(timer);
    timer = setTimeout(connect, afterMs);
  }

  return {
    connect,
    stop,
    isUp: () => up,
    /** @param {Frame} frame @returns {boolean} whether it went out */
    send(frame) {
      if (!greeted || socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
  };
}
