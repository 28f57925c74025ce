/** This page's place at the server: the hello, what the stage follows from, presence. */

import { createJournal } from './journal.js';
import { fetchTicket } from './session.js';
import { createSocket } from './socket.js';

/** @import {Ticket} from './session.js' */
/** @import {Driver, Frame, PageSettings, User} from './types.js' */
/** @import {Page} from './page.js' */

const OFFLINE_MS = 3_000;

/**
 * @param {Page} page
 * @param {{
 *   driver: Pick<Driver, 'surface'>, settings: PageSettings, origin: string, ticket: Promise<Ticket>,
 *   onFrame: (frame: any) => void, onGreeting: (journal: ReturnType<typeof createJournal>) => void,
 *   onUp: () => void, onDown: () => void, onSignedOut: () => void,
 * }} ports `ticket`: asked for already
 */
export function createConnection(page, { driver, settings, origin, ticket, onFrame, onGreeting, onUp, onDown, onSignedOut }) {
  const { model } = page;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let offlineTimer;
  /** @type {Promise<Ticket>|null} */
  let first = ticket;

  function nextTicket() {
    const next = first ?? fetchTicket(origin);
    first = null;
    return next;
  }

  /** @param {{ticket: string, user: User}} ticket @returns {Frame} */
  function hello({ ticket, user }) {
    const journal = createJournal(page.local, user);
    onGreeting(journal);
    return {
      type: 'hello', ticket, page_id: page.pageId, build: settings.build, surface: driver.surface,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      visible: !document.hidden, focused: document.hasFocus(), journal: journal.unsettled(Date.now()),
    };
  }
  function settleTimer() {
    clearTimeout(offlineTimer);
    offlineTimer = undefined;
  }
  function signedOut() {
    settleTimer();
    model.stage = 'signed-out';
    model.view = null;
    onSignedOut();
    page.render();
  }

  const socket = createSocket({
    url: `${location.origin.replace(/^http/, 'ws')}/ws`,
    fetchTicket: nextTicket, hello, onFrame, onSignedOut: signedOut,
    onUp() {
      settleTimer();
      model.stage = 'live';
      model.retryAt = null;
      model.connection++;
      onUp();
    },
    onDown(retryAt) {
      model.retryAt = retryAt;
      onDown();
      offlineTimer ??= setTimeout(() => {
        model.stage = 'offline';
        page.render();
      }, OFFLINE_MS);
      page.render();
    },
  });
  const presence = () => socket.send({ type: 'presence', visible: !document.hidden, focused: document.hasFocus() });

  return {
    send: socket.send,
    isUp: socket.isUp,
    connect: () => socket.connect(),
    /** The session is over: nothing is tried again. */
    leave() {
      socket.stop();
      signedOut();
    },
    watchPresence() {
      document.addEventListener('visibilitychange', presence);
      window.addEventListener('focus', presence);
      window.addEventListener('blur', presence);
      window.addEventListener('online', () => socket.isUp() || socket.connect());
    },
  };
}
