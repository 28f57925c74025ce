/** Actions that some providers support and few calls need: transfer and keypad. */

import { checkNumber } from './check.js';
import { createSuggestions } from './colleagues.js';
import { el, setText, show } from './dom.js';
import { isName } from './numbers.js';
import { createPad } from './pad.js';

/** @import {Context} from './types.js' */

/** @param {Context} context @param {string} callId @param {() => void} close */
function createTransfer(context, callId, close) {
  const { t, actions } = context;
  const target = el('input', { name: 'target', type: 'tel', autocomplete: 'off', 'aria-label': t('transfer.target'), placeholder: t('dialer.placeholder') });
  const send = el('button', { type: 'submit', class: 'button brand' }, t('control.transfer'));
  const ask = el('button', { type: 'button', class: 'button neutral', 'data-action': 'consult', hidden: true, onclick: () => call('consult') }, t('third.consult'));
  const suggestions = createSuggestions(context, target);
  const reason = el('p', { class: 'dialer-reason', id: `transfer-${callId}`, role: 'status' });
  target.setAttribute('aria-describedby', reason.id);
  const judge = checkNumber(t, (words) => {
    setText(reason, words);
    send.disabled = ask.disabled = words !== '';
  });
  target.addEventListener('input', () => judge(target.value));
  const element = el('form', { class: 'transfer', hidden: true }, target, send, ask, reason, suggestions.element);
  /** @param {string} action blind or with consultation */
  function call(action) {
    if (isName(target.value)) return suggestions.focusFirst();
    if (!target.value.trim() || send.disabled) return target.focus();
    actions.control(callId, action, { target: target.value });
    close();
  }
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    call('transfer');
  });
  return { element, first: target, ask };
}

/** @param {Context} context @param {string} callId */
function createKeys({ t, actions }, callId) {
  // Not announced: each key has just been read out, and together they may be a card number.
  const pressed = el('output', { class: 'pressed', 'aria-live': 'off' });
  /** @param {string} digits */
  function press(digits) {
    if (actions.control(callId, 'digits', { digits })) setText(pressed, `${pressed.textContent}${digits}`.slice(-24));
  }
  const pad = createPad(press, t('control.digits'));
  const element = el('div', { class: 'keys', hidden: true }, pressed, pad);
  // The keys of the keyboard, too: whoever has to press sixteen has a number pad.
  element.addEventListener('keydown', ({ key, ctrlKey, metaKey, altKey }) => {
    if (/^[\d*#]$/.test(key) && !ctrlKey && !metaKey && !altKey) press(key);
  });
  return { element, first: pad.querySelector('button') };
}

/** @param {Context} context @param {string} callId @param {() => void} close */
export function createInCall(context, callId, close) {
  const transfer = createTransfer(context, callId, close);
  /** @type {{[action: string]: {element: HTMLElement, first: HTMLElement|null}}} */
  const parts = { transfer, digits: createKeys(context, callId) };
  const whole = el('div', { class: 'in-call', onkeydown: (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === 'Escape' && !event.defaultPrevented) close();
  } }, ...Object.values(parts).map(({ element }) => element));
  return {
    element: whole,
    /** @param {{[name: string]: boolean}} can */
    update: (can) => show(transfer.ask, Boolean(can['consult'])),
    /** @param {string} action the part to show; empty for none */
    open(action) {
      show(whole, action !== '');
      for (const [name, { element, first }] of Object.entries(parts)) {
        const opens = name === action && element.hidden;
        show(element, name === action);
        if (opens) first?.focus();
      }
    },
  };
}
