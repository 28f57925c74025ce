/**
 * Whether calls may be reported to Salesforce's phone: only if its user is the one who signed in here.
 * Anybody else gets the sign-in page, with the reason.
 */

import { refusalOf } from './requests.js';
import { isSameId } from './guard.js';

/** @import {createClasses} from './classes.js' */

/** How long Salesforce's setup waits for us: it has no deadline of its own. */
const INIT_MS = 8_000;

/** @typedef {''|'offline'|'signed-out'|'other-org'|'other-user'} Why the reason for no calls; empty if they may be reported */

/**
 * @param {{
 *   lib: any, classes: ReturnType<typeof createClasses>, orgId: string, signOut: () => Promise<boolean>,
 *   later: (run: () => void, ms: number) => void, onChange?: (why: Why) => void,
 * }} ports `signOut`: whether the adapter heard it
 */
export function createAdmission({ lib, classes, orgId, signOut, later, onChange = () => undefined }) {
  /** The session's user; empty without a session or before the first view. */
  let user = '';
  /** Salesforce's user; null before the setup, empty if it is of another org. @type {string|null} */
  let configured = null;
  let isSignedOut = false;
  let isReady = false;
  let isReadying = false;
  let waitsForLogin = false;
  /** @type {(() => void)[]} */
  let waiting = [];

  /** @returns {Why} */
  function why() {
    if (!user) return isSignedOut ? 'signed-out' : 'offline';
    if (configured === '') return 'other-org';
    return isSameId(configured, user) ? '' : 'other-user';
  }

  /** @returns {boolean} whether calls may be reported and requested from now on */
  function becomeReady() {
    if (why()) return false;
    isReady = isReadying = true;
    waitsForLogin = false;
    return true;
  }

  function wake() {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
    if (!waitsForLogin || configured === null) return;
    if (becomeReady()) void lib.publishEvent({ eventType: 'LOGIN_RESULT', payload: classes.success() });
    onChange(why());
  }

  function close() {
    user = '';
    isSignedOut = waitsForLogin = true;
    isReady = false;
  }

  return {
    /** Say again why the sign-in page is shown. */
    tellWhy: () => void (waitsForLogin && configured !== null && onChange(why())),
    isReady: () => isReady,
    /** Whether the host asks for the first time since it may know of calls. */
    takeReadying() {
      const is = isReadying;
      isReadying = false;
      return is;
    },
    isReadying: () => isReadying,
    /** @param {any} config @returns {Promise<any>} */
    async init(config) {
      configured = isSameId(config?.organizationId, orgId) ? String(config.userId ?? '') : '';
      isReady = false;
      if (!user && !isSignedOut) {
        await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
          waiting.push(resolve);
          later(resolve, INIT_MS);
        });
      }
      if (becomeReady()) return classes.initResult(false);
      waitsForLogin = true;
      onChange(why());
      return classes.initResult(true);
    },
    /** A view came. @param {string} of the session's user */
    seen(of) {
      user = of;
      isSignedOut = false;
      wake();
      if (why()) isReady = false;
    },
    /** The session is over: let Salesforce show the sign-in page again. */
    over() {
      const wasReady = isReady;
      close();
      wake();
      if (wasReady) void lib.publishEvent({ eventType: 'LOGOUT_RESULT', payload: classes.loggedOut() });
    },
    async logout() {
      // A session that still exists would sign the agent in again.
      if (!(await signOut())) throw classes.error(refusalOf('offline'));
      close();
      return classes.loggedOut();
    },
  };
}
