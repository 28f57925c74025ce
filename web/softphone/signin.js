/** The sign-in, which happens once a day: the form, and Salesforce's sign-in in a pop-up. */

import { el, setText, show } from './dom.js';
import { icon } from './icons.js';
import { carry, post } from './session.js';

/** @import {Context, Model} from './types.js' */

/** @param {Context} context */
export function createSignIn({ t, actions }) {
  const name = el('input', { name: 'name', autocomplete: 'username', required: true });
  const label = el('span', { class: 'field-label' });
  const field = el('label', { class: 'field' }, label, name);
  const button = el('button', { type: 'submit', class: 'button brand wide' });
  const failed = el('p', { class: 'screen-error', role: 'alert' });
  const words = el('p', {});
  const element = el('form', { class: 'screen signin' }, el('span', { class: 'screen-sign' }, icon('phone')), el('h2', {}, t('signin.title')), words, field, failed, button);
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    actions.signIn(name.value.trim());
  });
  return {
    element,
    /** @param {Model} model */
    update({ signIn, stage }) {
      show(element, stage === 'signed-out');
      const dev = signIn.by === 'dev';
      // The pop-up shows a code to type if it cannot pass it on.
      show(field, dev || signIn.opened);
      setText(label, t(dev ? 'signin.name' : 'signin.code'));
      name.required = dev;
      setText(words, t(`signin.${signIn.by}.words`));
      setText(button, t(`signin.${signIn.by}.button`));
      setText(failed, signIn.failed ? t('signin.failed') : '');
      button.disabled = signIn.busy;
    },
  };
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
 * Sign in through Salesforce in a pop-up. The pop-up hands a one-time code back to this window,
 * which redeems it for the cookie: a pop-up's own cookies are not ours inside a cross-site iframe.
 * @param {string} from origin of the org that shows us, or our own
 * @param {string} [org] id of the org, where our own page asks
 * @returns {Promise<boolean>} false when the pop-up was blocked or the code refused
 */
export async function signInWithSalesforce(from, org = '') {
  if (!proof) return false;
  const query = new URLSearchParams({ origin: from, org, challenge: (await proof).challenge });
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
    carry((await answer.json()).bearer ?? '');
    return true;
  } catch {
    return false;
  }
}
