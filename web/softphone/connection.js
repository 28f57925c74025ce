/** This page's connection to the server: hello, stage, presence. */

import { createJournal } from './journal.js';
import { fetchTicket } from './session.js';
import { createSocket } from './socket.js';

/** @import {Ticket} from './session.js' */
/** @import {Driver, Frame, PageSettings, User} from './types.js' */
/** @import {Page} from './page.js' */

const OFFLINE_MS = 3_000;

/** What the panel shows of the connection. @param {Page} page */
function createStage({ model, render }) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let offlineTimer;
  function settle() {
    clearTimeout(offlineTimer);
    offlineTimer = undefined;
  }
  return {
    up() {
      settle();
      model.stage = 'live';
      model.retryAt = null;
      model.connection++;
    },
    /** @param {number} retryAt */
    down(retryAt) {
      model.retryAt = retryAt;
      offlineTimer ??= setTimeout(() => {
        model.stage = 'offline';
        render();
      }, OFFLINE_MS);
      render();
    },
    signedOut() {
      settle();
      model.stage = 'signed-out';
      model.view = null;
      render();
    },
  };
}

/** The first ticket was requested ahead; later ones on demand. @param {Promise<Ticket>} ticket @param {string} origin */
function createTickets(ticket, origin) {
  /** @type {Promise<Ticket>|null} */
  let first = ticket;
  return () => {
    const next = first ?? fetchTicket(origin);
    first = null;
    return next;
  };
}

/** @param {(frame: Frame) => boolean} send */
function watchPresence(send) {
  const presence = () => send({ type: 'presence', visible: !document.hidden, focused: document.hasFocus() });
  document.addEventListener('visibilitychange', presence);
  window.addEventListener('focus', presence);
  window.addEventListener('blur', presence);
}

/**
 * @param {Page} page
 * @param {{
 *   driver: Pick<Driver, 'surface'>, settings: PageSettings, origin: string, ticket: Promise<Ticket>,
 *   onFrame: (frame: any) => void, onGreeting: (journal: ReturnType<typeof createJournal>) => void,
 *   onUp: () => void, onDown: () => void, onSignedOut: () => void,
 * }} ports `ticket`: requested ahead
 */
export function createConnection(page, { driver, settings, origin, ticket, onFrame, onGreeting, onUp, onDown, onSignedOut }) {
  const stage = createStage(page);

  /** @param {{user: User, ticket: string}} signedIn @returns {Frame} */
  function hello({ ticket: current, user }) {
    const journal = createJournal(page.local, user);
    onGreeting(journal);
    return {
      type: 'hello', ticket: current, page_id: page.pageId, build: settings.build, surface: driver.surface,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      visible: !document.hidden, focused: document.hasFocus(), journal: journal.unsettled(Date.now()),
    };
  }
  const signedOut = () => (stage.signedOut(), onSignedOut());
  const socket = createSocket({
    url: `${location.origin.replace(/^http/, 'ws')}/ws`,
    fetchTicket: createTickets(ticket, origin), hello, onFrame, onSignedOut: signedOut,
    onUp: () => (stage.up(), onUp()),
    onDown: (retryAt) => (onDown(), stage.down(retryAt)),
  });
  return {
    send: socket.send,
    isUp: socket.isUp,
    connect: socket.connect,
    renew: socket.renew,
    /** The session is over: do not reconnect. */
    leave() {
      socket.stop();
      signedOut();
    },
    watchPresence() {
      watchPresence(socket.send);
      window.addEventListener('online', () => socket.isUp() || socket.connect());
    },
  };
}
