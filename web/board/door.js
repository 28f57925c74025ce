/** The sign-in page before the board. */

import { el, setText, show } from '../softphone/dom.js';
import { fetchSettings, signInByName } from '../softphone/session.js';
import { signInWithSalesforce } from '../softphone/signin.js';

/** @import {Speech} from './types.js' */

/**
 * A sign-in is valid only for the softphone's own address, so send other visitors there.
 * @param {string} ours @param {Speech} speech
 */
function sendTo(ours, { t }) {
  const href = ours + location.pathname + location.search + location.hash;
  return el('p', { class: 'wrong', role: 'alert' }, t('signin.elsewhere', { here: location.origin }), ' ', el('a', { href }, href));
}

/** @param {Speech} speech @param {string} org @param {() => void} then */
export function createDoor(speech, org, then) {
  const { t } = speech;
  const name = el('input', { name: 'name', autocomplete: 'name', required: true });
  const field = el('label', { class: 'field' }, t('signin.name'), name);
  const wrong = el('p', { class: 'wrong', role: 'alert' });
  const button = el('button', { type: 'submit', class: 'button' }, t('signin.button'));
  const element = el('form', { class: 'door', hidden: true }, el('h2', {}, t('signin.title')), field, button, wrong);
  let byName = true;

  async function prepare() {
    const settings = await fetchSettings('');
    byName = settings?.sign_in !== 'salesforce';
    name.required = byName;
    show(field, byName);
    if (settings && settings.public_origin !== location.origin) {
      button.disabled = true;
      wrong.replaceWith(sendTo(settings.public_origin, speech));
    }
  }

  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    const done = byName ? await signInByName(name.value) : await signInWithSalesforce(location.origin, org);
    setText(wrong, done ? '' : t(byName ? 'signin.refused' : 'signin.failed'));
    if (done) then();
  });
  void prepare();
  return element;
}
