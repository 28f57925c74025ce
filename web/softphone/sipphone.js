/**
 * The port `phone` for SIP: registers, rings, answers, hangs up. Other kinds of browser phones have the
 * same functions.
 *
 * The server has the state of a call; this carries its audio. A page never starts a call here.
 */

import { UA } from './jssip.js';
import { FINAL, PhoneSocket } from './sipsocket.js';

/** @import {PhoneEvents, PhoneRing} from './types.js' */
/** @import {RTCSession} from './jssip.js' */
/** @import {Ticket} from './session.js' */
/** @import {PhoneLogin} from './sipsocket.js' */

const RING_HEADER = 'X-Softphone-Ring';
const REGISTER_SECONDS = 120;
/** How long audio may be interrupted before it is requested again. */
const INTERRUPTED_MS = 3_000;
const AGAIN_MS = 3_000;
/** How long to look for more network paths after the last one was found. */
const GATHERING_MS = 500;
/** How long to listen for audio, and in which steps; a packet arrives every 20 ms. */
const LISTENING_MS = 600;
const LISTENING_STEP_MS = 100;

/** The packet statistics since the last call. @param {RTCPeerConnection} connection @param {{[name: string]: number}} before */
export async function qualityOf(connection, before) {
  const told = { sent: 0, received: 0, lost: 0, jitter_ms: 0, round_trip_ms: 0 };
  for (const one of (await connection.getStats()).values()) {
    if (one.type === 'inbound-rtp') {
      told.received = one.packetsReceived - (before['received'] ?? 0);
      told.lost = Math.max(0, one.packetsLost - (before['lost'] ?? 0));
      told.jitter_ms = Math.round(one.jitter * 1000);
      before['received'] = one.packetsReceived;
      before['lost'] = one.packetsLost;
    } else if (one.type === 'outbound-rtp') {
      told.sent = one.packetsSent - (before['sent'] ?? 0);
      before['sent'] = one.packetsSent;
    } else if (one.type === 'remote-inbound-rtp') {
      told.round_trip_ms = Math.round((one.roundTripTime ?? 0) * 1000);
    }
  }
  return told;
}

/** Whether audio arrives within a short time. @param {RTCPeerConnection} connection */
export async function isHearing(connection) {
  const before = (await qualityOf(connection, {})).received;
  for (let waited = 0; waited < LISTENING_MS; waited += LISTENING_STEP_MS) {
    await new Promise((resolve) => setTimeout(resolve, LISTENING_STEP_MS));
    if ((await qualityOf(connection, {})).received > before) return true;
  }
  return false;
}

/** Watch a session's media: audio interrupted for too long is lost. @param {RTCPeerConnection} connection @param {HTMLAudioElement} speaker @param {{lost: () => void, back: () => void}} told */
function watchMedia(connection, speaker, { lost, back }) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  connection.addEventListener('track', ({ streams, track }) => {
    speaker.srcObject = streams[0] ?? new MediaStream([track]);
    void speaker.play().catch(() => undefined);
  });
  connection.addEventListener('iceconnectionstatechange', () => {
    const state = connection.iceConnectionState;
    clearTimeout(timer);
    if (state === 'failed') lost();
    if (state === 'disconnected') timer = setTimeout(lost, INTERRUPTED_MS);
    if (state === 'connected' || state === 'completed') back();
  });
}

/**
 * @param {{url: string, fetchTicket: () => Promise<Ticket>, events: PhoneEvents}} ports
 */
export function createSipPhone({ url, fetchTicket, events }) {
  /** @type {UA|null} */
  let ua = null;
  /** @type {RTCIceServer[]} */
  let iceServers = [];
  /** The session in a talk, and the ringing one. @type {RTCSession|null} */
  let session = null;
  /** @type {RTCSession|null} */
  let ringing = null;
  /** Whether what rings is the same call's, whose audio was lost. */
  let isAgain = false;
  /** The sessions of earlier calls, which wait while the agent talks in a later one. @type {RTCSession[]} */
  let others = [];
  /** @type {{[name: string]: number}} */
  let counted = {};
  /** Whether this connection has not registered yet; registrations are repeated. */
  let isNew = false;
  /** A new socket for each phone, because an ended one may still send its last messages. @type {PhoneSocket|null} */
  let socket = null;
  const makeSocket = () => new PhoneSocket({
    url, fetchTicket, onReady,
    onAudio: (found) => found || events.silent(),
    onFinal(code) {
      stop();
      events.final(code);
    },
  });

  // After a network change the open socket is dead, which would go unnoticed for a long time.
  globalThis.addEventListener?.('online', () => socket?.renew());

  /** @param {PhoneLogin} login */
  function onReady(login) {
    iceServers = login.ice ?? [];
    isNew = true;
    if (ua || !socket) return void ua?.set('password', login.password);
    const uri = `sip:${login.user}@softphone.invalid`;
    const mine = new UA({
      sockets: [socket], uri, contact_uri: `${uri};transport=ws`, authorization_user: login.user,
      password: login.password, register: true, register_expires: REGISTER_SECONDS, session_timers: false,
      user_agent: 'Softphone', connection_recovery_min_interval: 1, connection_recovery_max_interval: 3,
    });
    ua = mine;
    mine.on('registered', () => {
      if (isNew) void registered();
      isNew = false;
    });
    // One that was stopped says so some seconds later.
    const offline = () => ua === mine && events.offline();
    mine.on('disconnected', offline);
    mine.on('registrationFailed', offline);
    mine.on('newRTCSession', ({ session: one, request }) => rung(one, /** @type {PhoneRing} */ (request.getHeader(RING_HEADER) ?? '')));
    mine.start();
  }

  /** Whatever broke our connection may have taken the audio with it: the talk goes on, if it is heard. */
  async function registered() {
    const talk = session;
    if (!talk || (await isHearing(talk.connection))) return events.registered(session !== null);
    if (talk === session) events.lost();
  }

  /** @param {RTCSession} one @param {PhoneRing} why */
  function rung(one, why) {
    if (one.direction !== 'incoming') return one.terminate();
    ringing = one;
    isAgain = why === 'again';
    const speaker = new Audio();
    const over = () => {
      speaker.srcObject = null;
      // One whose place was taken, or that was stopped, is nobody's any more.
      if (ringing !== one && session !== one && !others.includes(one)) return;
      if (ringing === one) ringing = null;
      others = others.filter((other) => other !== one);
      if (session === one) session = others.pop() ?? null;
      events.over(session !== null);
    };
    one.on('ended', over);
    one.on('failed', over);
    one.on('peerconnection', ({ peerconnection }) => peerconnection && watchMedia(peerconnection, speaker, {
      lost: () => session === one && events.lost(),
      back: () => session === one && events.talking(),
    }));
    // A relay that does not answer must not keep the caller waiting: what is known by then will do.
    one.on('icecandidate', ({ ready }) => void setTimeout(ready, GATHERING_MS));
    one.on('confirmed', () => session === one && events.talking());
    events.ringing(why);
  }

  function stop() {
    // Nothing is said any more: a goodbye would end the call, which goes on elsewhere.
    const ended = ua;
    socket?.disconnect();
    socket = ua = session = ringing = null;
    others = [];
    ended?.stop();
  }

  return {
    /** @param {boolean} [take] from another browser */
    register(take = false) {
      if (ua) return;
      const live = socket ?? makeSocket();
      socket = live;
      live.takes = take;
      // Until the first answer nobody else tries again.
      live.ondisconnect = (_error, code) => void (FINAL.includes(code ?? 0) || setTimeout(() => socket === live && live.connect(), AGAIN_MS));
      live.connect();
    },
    stop,
    isRegistered: () => ua !== null,
    isRinging: () => ringing !== null,
    isTalking: () => session !== null,
    /** Pick up what rings. @param {MediaStream} mediaStream what is heard of the agent */
    answer(mediaStream) {
      const one = ringing;
      if (!one) return;
      const before = session;
      session = one;
      ringing = null;
      counted = {};
      one.answer({ mediaStream, pcConfig: { iceServers } });
      // Its call has this leg now: the server ends the old one, which may not hear of it.
      if (before && isAgain) setTimeout(() => before.isEnded() || before.terminate(), 5_000);
      else if (before) others.push(before);
    },
    decline: () => ringing?.terminate({ status_code: 603 }),
    hangUp: () => session?.terminate(),
    /** Have the server ring for the call whose audio is gone. */
    askForAudio: () => socket?.tell({ type: 'audio' }),
    /** Another microphone, in the middle of a talk. @param {MediaStreamTrack} track */
    async speakWith(track) {
      const senders = [session, ...others].flatMap((one) => one?.connection.getSenders() ?? []);
      for (const sender of senders) if (sender.track?.kind === 'audio') await sender.replaceTrack(track);
    },
    /** How the audio is since the last time; null: there is none. */
    async quality() {
      if (!session?.connection) return null;
      const told = await qualityOf(session.connection, counted);
      socket?.tell({ type: 'quality', ...told });
      return told;
    },
    connection: () => session?.connection ?? null,
  };
}
