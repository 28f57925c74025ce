/**
 * Start the connector. Nothing is awaited before the library listens, because Salesforce may send its
 * first message as soon as this page is loaded, and only once.
 */

import { ask, carry, fetchTicket, signOut } from '../softphone/session.js';
import { createSocket } from '../softphone/socket.js';
import { createWakeDetector } from '../softphone/wake-detector.js';
import { createClasses } from './classes.js';
import { createConnector } from './connector.js';
import { guard } from './guard.js';

const { org = '', origins = '', build = '' } = document.body.dataset;
const allowed = origins.split(' ').filter(Boolean);
const [origin = ''] = allowed;
const lib = /** @type {any} */ (globalThis).SCVConnectorBase;

const makeId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

function start() {
  const pageId = makeId();
  const wake = createWakeDetector();
  let user = { user_id: '', name: '' };
  /** @type {BroadcastChannel|null} */
  let channel = null;
  guard(window, allowed, (stranger) => console.warn('connector: not set up by', stranger));

  const connector = createConnector({
    lib, classes: createClasses(lib), orgId: org, makeId,
    send: (frame) => socket.send(frame),
    findColleagues: async (words) => (await ask(origin, '/api/colleagues', { search: words }))?.rows ?? [],
    since: wake.since,
    onAdmission: (code) => channel?.postMessage({ type: 'because', code, name: user.name }),
    async signOut() {
      const isHeard = await signOut(origin, false);
      // A pending view would sign the agent in again.
      if (isHeard) socket.stop();
      return isHeard;
    },
  });

  const socket = createSocket({
    url: `${location.origin.replace(/^http/, 'ws')}/ws`,
    fetchTicket: () => fetchTicket(origin),
    hello(signedIn) {
      ({ user } = signedIn);
      return { type: 'hello', ticket: signedIn.ticket, page_id: pageId, build, surface: 'voice', time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, visible: false, focused: false, journal: [] };
    },
    onFrame(frame) {
      if (frame.type === 'view') connector.show(frame, user.user_id);
      else if (frame.type === 'error') connector.failed(frame);
      else if (frame.type === 'probe') socket.send(frame);
    },
    onUp: connector.connected,
    onDown: () => undefined,
    onSignedOut: () => connector.signedOut(),
  });

  lib.initializeConnector(connector.vendor);
  void socket.connect();
  setInterval(wake.tick, 500);
  channel = new BroadcastChannel(`softphone-voice-${org}`);
  channel.onmessage = ({ data }) => {
    if (data?.type === 'why') connector.tellWhy();
    if (data?.type !== 'signed-in') return;
    carry(String(data.bearer ?? ''));
    void socket.connect();
  };
}

// Salesforce shows this page in a frame; in a tab of its own an admin looks what is wrong.
if (window.parent === window) void import('./alone.js').then(({ explain }) => explain(lib, org, allowed));
else start();
