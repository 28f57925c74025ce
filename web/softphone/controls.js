/** Actions in a call: a button for each that the provider supports, a note for the others. */

import { isAsked } from './dialing.js';
import { el, keyedList, setData, setText, setWaiting, show } from './dom.js';
import { icon } from './icons.js';
import { phaseOf } from './view.js';

/** @import {CallCard, Context, Model, WrapupCard} from './types.js' */

// What the panel offers in each phase if the provider supports it, with the button's label.
/** @type {{[state: string]: string[]}} */
const CONTROLS = {
  'ringing-user-devices': ['hang_up'],
  'dialing-destination': ['hang_up'],
  bridged: ['mute', 'hold', 'digits', 'transfer', 'record', 'pause_recording', 'hang_up'],
  'ringing-inbound': ['answer', 'decline'],
};
/** @type {{[control: string]: string}} */
const BACK = { hold: 'resume', mute: 'unmute', pause_recording: 'resume_recording', record: 'stop_recording' };
// What no phone has a key for: where the provider cannot do it, nothing is said of it.
const NOT_ON_PHONES = ['pause_recording', 'record'];
// What waits while somebody else is in the call.
const FOR_TWO = ['hold', 'transfer'];
// What opens beneath the buttons.
const DRAWERS = ['digits', 'transfer'];
const CHECKABLE = ['ringing-user-devices', 'dialing-destination', 'bridged'];
const RINGS = ['hang_up', 'decline', 'answer'];

/** The buttons, each with its words as they are now. @param {Context} context @param {string} callId @param {(name: string) => void} open a drawer */
function createButtons({ t, actions }, callId, open) {
  /** @type {Set<string>} what is on, and is taken back by the same button */
  let on = new Set();
  /** @type {Model} */
  let shown;
  /** @param {string} name */
  function press(name) {
    if (DRAWERS.includes(name)) return open(name);
    actions.control(callId, (on.has(name) && BACK[name]) || name);
  }
  const element = el('div', { class: 'controls-row' });
  const list = keyedList(element, (/** @type {string} */ name) => name, (name) => {
    const words = el('span', {});
    const tone = name === 'answer' ? 'success' : RINGS.includes(name) ? 'danger' : 'neutral';
    const button = el('button', { type: 'button', class: `button control ${tone}`, 'data-action': name, ...(DRAWERS.includes(name) && { 'aria-expanded': 'false' }), onclick: () => press(name) }, icon(RINGS.includes(name) ? 'phone' : name), words);
    const names = [name, BACK[name] ?? name, ...(name === 'transfer' ? ['consult'] : [])];
    return {
      element: button,
      update() {
        setText(words, t(`control.${(on.has(name) && BACK[name]) || name}`));
        setData(button, 'on', String(on.has(name)));
        setWaiting(button, isAsked(shown, callId, ...names));
      },
    };
  });
  return {
    element,
    /** @param {string[]} offered @param {Set<string>} turned @param {Model} model */
    update(offered, turned, model) {
      [on, shown] = [turned, model];
      list(offered);
    },
    /** @param {string} name the drawer that is open; empty: none */
    opened(name) {
      for (const drawer of element.querySelectorAll('[aria-expanded]')) drawer.setAttribute('aria-expanded', String(drawer.getAttribute('data-action') === name));
    },
    /** @param {string} name */
    focus(name) {
      const button = element.querySelector(`[data-action="${name}"]`);
      if (button instanceof HTMLElement) button.focus();
    },
  };
}

/** What is on in a call. @param {CallCard|WrapupCard} card */
export function turnedOn(card) {
  if ('outcome' in card) return new Set();
  const { held, muted, recording } = card;
  const all = { hold: held, mute: muted, record: recording, pause_recording: recording === 'paused' };
  return new Set(Object.entries(all).filter(([, isOn]) => isOn).map(([name]) => name));
}

/** What the provider can do now of what may be wished. @param {string[]} wished @param {CallCard|WrapupCard} card @param {{[name: string]: boolean}} can */
export function offeredOf(wished, card, can) {
  const { third, recording } = 'outcome' in card ? {} : card;
  return wished.filter((name) => can[name]
    && !(third && FOR_TWO.includes(name))
    && (name !== 'pause_recording' || recording || !can['record']));
}

/** What the agent has to do on the phone itself. @param {Context} context */
function createElsewhere({ t, language }) {
  const element = el('p', { class: 'controls-elsewhere' });
  const list = new Intl.ListFormat(language, { type: 'conjunction' });
  return {
    element,
    /** @param {string[]} missing */
    update(missing) {
      setText(element, missing.length > 0 ? t('control.onPhone', { actions: list.format(missing.map((name) => t(`control.${name}`))) }) : '');
      show(element, missing.length > 0);
    },
  };
}

/** @param {Context} context @param {string} callId */
export function createControls(context, callId) {
  const { t, actions } = context;
  /** @type {ReturnType<typeof import('./incall.js').createInCall>|undefined} */
  let more;
  let opened = '';
  /** @type {ReturnType<typeof import('./third.js').createThird>|undefined} */
  let other;
  /** @type {CallCard|undefined} */
  let latest;
  /** @type {{[name: string]: boolean}} */
  let able = {};
  /** @type {Model} */
  let shown;
  const buttons = createButtons(context, callId, (name) => void open(name === opened ? '' : name));
  const elsewhere = createElsewhere(context);
  const check = el('button', { type: 'button', class: 'link', 'data-action': 'check', onclick: () => actions.control(callId, 'check') }, t('control.check'));

  /** @param {string} name transfer or digits; empty: neither */
  async function open(name) {
    if (!name && more?.element.contains(document.activeElement)) buttons.focus(opened);
    opened = name;
    buttons.opened(name);
    if (!more && name) {
      const [{ createInCall }] = await Promise.all([import('./incall.js'), context.moreWords()]);
      if (!more) buttons.element.after((more = createInCall(context, callId, () => open(''))).element);
      more.update(able);
    }
    more?.open(opened);
  }
  /** Who else is in the call. */
  async function showThird() {
    if (!other && latest?.third) {
      const [{ createThird }] = await Promise.all([import('./third.js'), context.moreWords()]);
      if (!other) buttons.element.before((other = createThird(context, callId)).element);
    }
    if (!other) return;
    show(other.element, Boolean(latest?.third));
    if (latest?.third) other.update(latest, latest.third, shown);
  }

  return {
    element: el('div', { class: 'controls' }, buttons.element, elsewhere.element, check),
    /** @param {CallCard|WrapupCard} card @param {Model} model */
    update(card, model) {
      const phase = phaseOf(card);
      shown = model;
      const can = (able = model.view?.can ?? {});
      const wished = model.stage === 'live' ? (CONTROLS[phase] ?? []) : [];
      const offered = offeredOf(wished, card, can);
      buttons.update(offered, turnedOn(card), model);
      latest = 'outcome' in card ? undefined : card;
      void showThird();
      more?.update(can);
      show(buttons.element, offered.length > 0);
      if (opened && !offered.includes(opened)) void open('');
      elsewhere.update(wished.filter((action) => !can[action] && !NOT_ON_PHONES.includes(action) && phase !== 'ringing-inbound'));
      setWaiting(check, isAsked(model, callId, 'check'));
      show(check, model.stage === 'live' && CHECKABLE.includes(phase) && !can['hang_up']);
    },
  };
}
