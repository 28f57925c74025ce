/**
 * Start the connector. Nothing is awaited before the library listens: Salesforce may speak to us as
 * soon as this page is loaded, and only once.
 */

import { ask, carry, fetchTicket, signOut } from '../softphone/session.js';
import { createSocket } from '../softphone/socket.js';
import { createWakeDetector } from '../softphone/wake-detector.js';
import { createClasses } from './classes.js';
import { createConnector } from './connector.js';
import { guard } from './guard.js';

const { org = '', origins = '', build = '' } = document.body.dataset;
const allowed = origins.split(' ').filter(Boolean);
const lib = /** @type {any} */ (globalThis).SCVConnectorBase;

const makeId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
const pageId = makeId();
const wake = createWakeDetector();
setInterval(wake.tick, 500);
let userId = '';

guard(window, allowed, (origin) => console.warn('connector: not set up by', origin));

const connector = createConnector({
  lib, classes: createClasses(lib), orgId: org, makeId,
  send: (frame) => socket.send(frame),
  findColleagues: async (words) => (await ask(allowed[0] ?? '', '/api/colleagues', { search: words }))?.rows ?? [],
  since: wake.since,
  async signOut() {
    const isHeard = await signOut(allowed[0] ?? '', false);
    // A view that is still on its way would sign the agent in again.
    if (isHeard) socket.stop();
    return isHeard;
  },
});

const socket = createSocket({
  url: `${location.origin.replace(/^http/, 'ws')}/ws`,
  fetchTicket: () => fetchTicket(allowed[0] ?? ''),
  hello({ ticket, user }) {
    userId = user.user_id;
    return { type: 'hello', ticket, page_id: pageId, build, surface: 'voice', time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, visible: false, focused: false, journal: [] };
  },
  onFrame(frame) {
    if (frame.type === 'view') connector.show(frame, userId);
    else if (frame.type === 'error') connector.failed(frame.code);
    else if (frame.type === 'probe') socket.send(frame);
  },
  onUp: connector.connected,
  onDown: () => undefined,
  onSignedOut: () => connector.signedOut(),
});

new BroadcastChannel(`softphone-voice-${org}`).onmessage = ({ data }) => {
  if (data?.type !== 'signed-in') return;
  carry(String(data.bearer ?? ''));
  void socket.connect();
};

lib.initializeConnector(connector.vendor);
void socket.connect();
