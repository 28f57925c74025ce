/**
 * The board's connection: reads once, then listens, and always reconnects.
 *
 * Browsers do not show ping frames, so the server regularly sends that nothing is new. A socket that is
 * silent for longer is lost, even if it looks open.
 */

import { reconnectDelay } from '../softphone/backoff.js';

const SILENT_MS = 40_000;

/** @import {Report} from './types.js' */

/**
 * @param {{
 *   ask: () => Promise<'there'|'lost'|'shut'>,
 *   address: () => string,
 *   onReport: (report: Report) => void, onPing: (now: number) => void,
 *   onStale: () => void, onLost: () => void,
 *   open?: (url: string) => WebSocket,
 * }} ports `ask`: the first answer; `shut`: nobody may look until they sign in
 */
export function createLive({ ask, address, onReport, onPing, onStale, onLost, open = (url) => new WebSocket(url) }) {
  /** @type {WebSocket|null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let failures = 0;
  // Each attempt has a number, so events of an abandoned one are ignored.
  let attempt = 0;

  function stop() {
    attempt++;
    clearTimeout(timer);
    socket?.close(1000);
    socket = null;
  }

  function retry() {
    stop();
    timer = setTimeout(connect, reconnectDelay(failures++));
    onLost();
  }

  function listen() {
    clearTimeout(timer);
    timer = setTimeout(retry, SILENT_MS);
  }

  async function connect() {
    stop();
    const mine = attempt;
    const answer = await ask();
    if (mine !== attempt || answer === 'shut') return;
    if (answer === 'lost') return retry();
    socket = open(address());
    listen();
    socket.onmessage = ({ data }) => mine === attempt && receive(JSON.parse(data));
    socket.onclose = () => mine === attempt && retry();
  }

  /** @param {any} frame */
  function receive(frame) {
    listen();
    if (frame.type === 'report') {
      failures = 0;
      onReport({ ...frame.report, now: frame.now });
    } else if (frame.type === 'ping') onPing(frame.now);
    else if (frame.type === 'stale') onStale();
  }

  return { connect, stop };
}
