/** Who the agent is: settings of the page, sign-in, and the one-time ticket of the socket. */

/** @import {PageSettings, User} from './types.js' */

/** @typedef {{ok: true, ticket: string, user: User}
 *   | {ok: false, code: 'signed-out'|'unreachable'}} Ticket */

// What a browser that keeps no cookie for us in this frame is signed in by; gone with the page.
let bearer = '';

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
  });
}

const base64url = (/** @type {Uint8Array} */ bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

/** A secret that never leaves this window before it is redeemed, and its SHA-256. */
async function makeProof() {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return { verifier, challenge: base64url(new Uint8Array(digest)) };
}

// Made ahead of the click: a pop-up that opens any later is blocked.
let proof = globalThis.crypto?.subtle ? makeProof() : null;

/** Whether this browser keeps a cookie for us here, inside somebody else's page. */
function keepsCookies() {
  const test = '__Host-softphone-test';
  const rest = 'Path=/; Secure; SameSite=None; Partitioned';
  document.cookie = `${test}=1; ${rest}`;
  const kept = document.cookie.includes(`${test}=1`);
  document.cookie = `${test}=; Max-Age=0; ${rest}`;
  return kept;
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
export async function signInWithSalesforce(org) {
  if (!proof) return false;
  const query = new URLSearchParams({ origin: org, challenge: (await proof).challenge });
  const popup = window.open(`/auth/start?${query}`, '_blank', 'popup,width=480,height=640');
  if (!popup) return false;
  return new Promise((resolve) => {
    window.addEventListener('message', async function listen({ origin, data, source }) {
      if (origin !== location.origin || source !== popup || data?.type !== 'sign-in-code') return;
      window.removeEventListener('message', listen);
      popup.close();
      resolve(await redeem(String(data.code)));
    });
  });
}

/**
 * Trade a code, handed over or typed, for the session.
 * @param {string} code
 */
export async function redeem(code) {
  if (!proof) return false;
  const { verifier } = await proof;
  try {
    const answer = await post('/auth/redeem', { code, verifier, cookies: keepsCookies() });
    if (!answer.ok) return false;
    proof = makeProof();
    bearer = (await answer.json()).bearer ?? '';
    return true;
  } catch {
    return false;
  }
}

/**
 * Failing to say goodbye leaves the agent signed in: the page must not pretend otherwise.
 * @param {string} origin of the org
 */
export async function signOut(origin) {
  try {
    return (await post('/auth/sign-out', { origin })).ok;
  } catch {
    return false;
  }
}
