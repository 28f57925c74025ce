/** Who the agent is: settings of the page, sign-in, and the one-time ticket of the socket. */

/** @import {PageSettings, User} from './types.js' */

/** @typedef {{ok: true, ticket: string, user: User}
 *   | {ok: false, code: 'signed-out'|'unreachable'}} Ticket */

/**
 * @param {string} path
 * @param {object} [body]
 */
function post(path, body) {
  return fetch(path, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
}

/**
 * @param {string} origin `sfdcIframeOrigin`, for the server to judge; may be empty
 * @returns {Promise<PageSettings|null>} null when the server does not answer
 */
export async function fetchSettings(origin) {
  try {
    const answer = await fetch(`/api/page-settings?origin=${encodeURIComponent(origin)}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** @returns {Promise<Ticket>} */
export async function fetchTicket() {
  try {
    const answer = await post('/api/ws-ticket');
    if (answer.status === 401 || answer.status === 403) return { ok: false, code: 'signed-out' };
    if (!answer.ok) return { ok: false, code: 'unreachable' };
    return { ok: true, ...(await answer.json()) };
  } catch {
    return { ok: false, code: 'unreachable' };
  }
}

/**
 * Development only: a typed name is enough.
 * @param {string} name
 */
export async function signInByName(name) {
  try {
    return (await post('/auth/dev', { name })).ok;
  } catch {
    return false;
  }
}

/**
 * Sign in through Salesforce in a pop-up. The pop-up hands a one-time code back to this window,
 * which redeems it for the cookie: a pop-up's own cookies are not ours inside a cross-site iframe.
 * @param {string} org origin of the org
 * @returns {Promise<boolean>} false when the pop-up was blocked or the code refused
 */
export function signInWithSalesforce(org) {
  const popup = window.open(`/auth/start?origin=${encodeURIComponent(org)}`, '_blank', 'popup,width=480,height=640');
  if (!popup) return Promise.resolve(false);
  return new Promise((resolve) => {
    window.addEventListener('message', async function listen({ origin, data, source }) {
      if (origin !== location.origin || source !== popup || data?.type !== 'sign-in-code') return;
      window.removeEventListener('message', listen);
      try {
        resolve((await post('/auth/redeem', { code: data.code })).ok);
      } catch {
        resolve(false);
      }
    });
  });
}

/** Failing to say goodbye leaves the agent signed in: the page must not pretend otherwise. */
export async function signOut() {
  try {
    return (await post('/auth/sign-out')).ok;
  } catch {
    return false;
  }
}
