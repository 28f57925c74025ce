/** The sign-in page that Salesforce's phone shows: the softphone's own ways, and a word to the connector. */

import { carried, fetchSettings, signInByName } from '../softphone/session.js';
import { redeem, signInWithSalesforce } from '../softphone/signin.js';

const { org = '', origins = '' } = document.body.dataset;
const origin = origins.split(' ')[0] ?? '';
const form = /** @type {HTMLFormElement} */ (document.querySelector('form'));
const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('word'));
const said = /** @type {HTMLElement} */ (document.querySelector('[role=status]'));

const settings = fetchSettings(origin);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void signIn();
});

// A development server takes any name, so that a demo may bring one.
const name = new URLSearchParams(location.search).get('demo_agent');
if (name && (await settings)?.sign_in === 'dev') {
  field.value = name;
  void signIn();
}

async function signIn() {
  const by = (await settings)?.sign_in;
  const word = field.value.trim();
  const ok = by === 'dev' ? await signInByName(word) : word ? await redeem(word) : await signInWithSalesforce(origin, org);
  said.textContent = ok ? 'Signed in.' : 'That did not work. Try again.';
  if (ok) new BroadcastChannel(`softphone-voice-${org}`).postMessage({ type: 'signed-in', bearer: carried() });
}
