/** Who the agent is: settings of the page, and the one-time ticket of the socket. */

/** @import {PageSettings, User} from './types.js' */

/** @typedef {{ok: true, ticket: string, user: User}
 *   | {ok: false, code: 'signed-out'|'unreachable'}} Ticket */

/** On a connection that has died silently, a request without a limit would wait for minutes. */
export const ANSWER_MS = 15_000;

// The session token for a browser that keeps no cookie in this frame; it lives as long as the page.
let bearer = '';
/** @param {string} token */
export const carry = (token) => void (bearer = token);
/** The token for another frame of ours that shares no cookie with this one; empty if there is a cookie. */
export const carried = () => bearer;

/**
 * @param {string} path
 * @param {object} [body]
 */
export function post(path, body) {
  return fetch(path, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    body: JSON.stringify(body ?? {}),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
}

/**
 * @param {string} origin `sfdcIframeOrigin`, for the server to judge; may be empty
 * @returns {Promise<PageSettings|null>} null when the server does not answer
 */
export async function fetchSettings(origin) {
  try {
    const answer = await fetch(`/api/page-settings?origin=${encodeURIComponent(origin)}`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} origin of the org: a browser may be signed in to several
 * @returns {Promise<Ticket>}
 */
export async function fetchTicket(origin) {
  try {
    const answer = await post('/api/ws-ticket', { origin });
    if (answer.status === 401 || answer.status === 403) return { ok: false, code: 'signed-out' };
    if (!answer.ok) return { ok: false, code: 'unreachable' };
    return { ok: true, ...(await answer.json()) };
  } catch {
    return { ok: false, code: 'unreachable' };
  }
}

/**
 * Ask something on the agent's way.
 * @param {string} origin of the org
 * @param {string} path
 * @param {object} question
 * @returns {Promise<any>} null when there is no answer
 */
export async function ask(origin, path, question) {
  try {
    const answer = await post(path, { origin, ...question });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
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
 * Failing to say goodbye leaves the agent signed in: the page must not pretend otherwise.
 * @param {string} origin of the org
 * @param {boolean} everywhere in every browser
 * @param {string} [org] its id, for a page that is shown by no org
 */
export async function signOut(origin, everywhere, org) {
  try {
    return (await post('/auth/sign-out', { origin, everywhere, ...(org && { org }) })).ok;
  } catch {
    return false;
  }
}
