/**
 * The sign-in page in Salesforce's phone: it signs in as the softphone does, and tells the connector, which
 * knows why this page is shown.
 */

import { carried, fetchSettings, signInByName } from '../softphone/session.js';
import { redeem, signInWithSalesforce } from '../softphone/signin.js';
import { createTranslate, loadLate, loadStrings } from '../softphone/strings.js';

const { org = '', origins = '' } = document.body.dataset;
const origin = origins.split(' ')[0] ?? '';
const form = /** @type {HTMLFormElement} */ (document.querySelector('form'));
const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('word'));
const [heading, label, button] = ['h1', 'label span', 'button'].map((one) => /** @type {HTMLElement} */ (document.querySelector(one)));
const said = /** @type {HTMLElement} */ (document.querySelector('[role=status]'));

/** The reasons why the connector shows this page. @type {{[code: string]: string}} */
const WHY = { '': 'signin.done', 'offline': 'blocked.server-unreachable', 'other-user': 'signin.otherUser', 'other-org': 'signin.otherOrg' };

const channel = new BroadcastChannel(`softphone-voice-${org}`);
const asked = fetchSettings(origin);
const { language, table } = await loadStrings();
await loadLate(language, table);
const t = createTranslate(table, language);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void signIn();
});
channel.onmessage = ({ data }) => {
  const key = data?.type === 'because' && WHY[String(data.code)];
  if (key) said.textContent = t(key, { name: String(data.name ?? '') });
};

const settings = await asked;
show();
channel.postMessage({ type: 'why' });

// A development server accepts any name, so a demo may provide one.
const name = new URLSearchParams(location.search).get('demo_agent');
if (name && settings?.sign_in === 'dev') {
  field.value = name;
  void signIn();
}

function show() {
  const by = settings?.sign_in ?? 'salesforce';
  document.documentElement.lang = language;
  document.documentElement.dir = t('direction');
  document.title = t('signin.title');
  heading?.replaceChildren(t('signin.title'));
  label?.replaceChildren(t(by === 'dev' ? 'signin.name' : 'signin.code'));
  button?.replaceChildren(t(`signin.${by}.button`));
  const isElsewhere = settings && settings.public_origin !== location.origin;
  const detail = `${location.origin} ≠ ${settings?.public_origin}`;
  if (!settings) said.textContent = t('blocked.server-unreachable');
  if (isElsewhere) said.textContent = `${t('blocked.wrong-address')} ${t('blocked.wrong-address.admin', { detail })}`;
}

async function signIn() {
  const word = field.value.trim();
  const ok = settings?.sign_in === 'dev' ? await signInByName(word) : word ? await redeem(word) : await signInWithSalesforce(origin, org);
  said.textContent = t(ok ? 'signin.done' : 'signin.failed');
  if (ok) channel.postMessage({ type: 'signed-in', bearer: carried() });
}
