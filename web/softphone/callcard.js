/** One call, from the first ring to the end of its wrap-up: one card, whose nodes stay. */

import { formatDuration } from './clock.js';
import { el, keyedList, setData, setText, show } from './dom.js';
import { createForm } from './form.js';
import { icon } from './icons.js';
import { initials, whoIs } from './numbers.js';
import { createRelated } from './related.js';

/** @import {CallCard, Component, Context, Model, WrapupCard} from './types.js' */

/** @typedef {CallCard|WrapupCard} Card */

const STEPS = ['ringing-user-devices', 'dialing-destination', 'bridged'];
// What the panel offers in each phase, where the provider can; the word is the button's label.
/** @type {{[state: string]: string[]}} */
const CONTROLS = {
  'ringing-user-devices': ['hang_up'],
  'dialing-destination': ['hang_up'],
  bridged: ['mute', 'hold', 'digits', 'transfer', 'hang_up'],
  'ringing-inbound': ['answer', 'decline'],
};
/** @type {{[control: string]: string}} */
const BACK = { hold: 'resume', mute: 'unmute' };
// What opens beneath the buttons.
const DRAWERS = ['digits', 'transfer'];
const CHECKABLE = ['ringing-user-devices', 'dialing-destination', 'bridged'];

/** @param {Card} card */
export const phaseOf = (card) => ('outcome' in card ? 'wrapup' : card.state);

/** The avatar, the name, the number and the record behind it. @param {Context} context */
function createPerson({ t }) {
  const letters = el('span', {});
  const avatar = el('span', { class: 'avatar', 'aria-hidden': 'true' }, letters, icon('person'));
  const name = el('h2', { class: 'person-name' });
  const number = el('span', { class: 'person-number' });
  const kind = el('span', { class: 'chip' });
  const element = el('div', { class: 'person' }, avatar,
    el('div', { class: 'person-text' }, name, el('div', { class: 'person-line' }, number, kind)));
  return {
    element,
    /** @param {Card} card */
    update(card) {
      const who = whoIs(card);
      const type = card.record?.object_type;
      setText(letters, initials(who));
      setData(avatar, 'empty', String(initials(who) === ''));
      setText(name, who);
      setText(number, who === card.display ? t(`direction.${card.direction}`) : card.display);
      setText(kind, type ? t(`object.${type}`) : '');
      if (kind.textContent === `object.${type}`) setText(kind, type ?? '');
      show(kind, Boolean(type));
    },
  };
}

/** Your phone → their phone → connected. @param {Context} context */
function createSteps({ t }) {
  const items = STEPS.map((step) => el('li', {}, el('span', { class: 'step-dot' }), t(`step.${step}`)));
  const element = el('ol', { class: 'steps' }, ...items);
  return {
    element,
    /** @param {Card} card */
    update(card) {
      const at = STEPS.indexOf(phaseOf(card));
      show(element, card.direction !== 'inbound' && at >= 0);
      items.forEach((item, index) => {
        setData(item, 'step', index < at ? 'done' : index === at ? 'now' : 'next');
        if (index === at) item.setAttribute('aria-current', 'step');
        else item.removeAttribute('aria-current');
      });
    },
  };
}

/** The buttons that this provider can do something about. @param {Context} context @param {string} callId */
function createControls(context, callId) {
  const { t, actions } = context;
  // No event tells what is on hold: this page takes back what it has asked for.
  /** @type {Set<string>} */
  const turned = new Set();
  /** @type {ReturnType<typeof import('./incall.js').createInCall>|undefined} */
  let more;
  let opened = '';
  const buttons = el('div', { class: 'controls-row' });

  /** @param {string} name transfer or digits; empty: neither */
  async function open(name) {
    opened = name;
    if (!more && name) {
      const [{ createInCall }] = await Promise.all([import('./incall.js'), context.moreWords()]);
      if (!more) buttons.after((more = createInCall(context, callId, () => open(''))).element);
    }
    more?.open(opened);
  }
  /** @param {string} name */
  function press(name) {
    if (DRAWERS.includes(name)) return void open(name === opened ? '' : name);
    const back = BACK[name];
    actions.control(callId, back && turned.has(name) ? back : name);
    if (back && !turned.delete(name)) turned.add(name);
  }
  const update = keyedList(buttons, (/** @type {string} */ name) => name, (name) => {
    const rings = ['hang_up', 'decline', 'answer'].includes(name);
    const tone = name === 'answer' ? 'success' : rings ? 'danger' : 'neutral';
    const words = el('span', {});
    const element = el('button', { type: 'button', class: `button control ${tone}`, 'data-action': name, onclick: () => press(name) }, icon(rings ? 'phone' : name), words);
    return { element, update: () => setText(words, t(`control.${(turned.has(name) && BACK[name]) || name}`)) };
  });
  const check = el('button', { type: 'button', class: 'link', 'data-action': 'check', onclick: () => actions.control(callId, 'check') }, t('control.check'));
  return {
    element: el('div', { class: 'controls' }, buttons, check),
    /** @param {Card} card @param {Model} model */
    update(card, model) {
      const phase = phaseOf(card);
      const can = model.view?.can ?? {};
      const offered = model.stage === 'live' ? (CONTROLS[phase] ?? []).filter((action) => can[action]) : [];
      update(offered);
      show(buttons, offered.length > 0);
      if (opened && !offered.includes(opened)) void open('');
      show(check, model.stage === 'live' && CHECKABLE.includes(phase) && !can['hang_up']);
    },
  };
}

/** Where the call's Task stands, in words. @param {Context} context */
function createLogLine({ t }) {
  const words = el('span', {});
  const element = el('p', { class: 'log-line' }, icon('check'), words);
  return {
    element,
    /** @param {Card} card */
    update(card) {
      const state = 'log' in card ? card.log.state : 'none';
      show(element, state !== 'none');
      setData(element, 'log', state);
      setText(words, t(`log.${state}`));
    },
  };
}

/**
 * The time beside the phase: how long it has lasted, or how long is left.
 * @param {Card} card
 * @param {number} now milliseconds of the server's clock
 */
export function timeOf(card, now) {
  if ('outcome' in card) return card.deadline === null ? '' : formatDuration(card.deadline - now + 999);
  return formatDuration(now - (card.state === 'bridged' ? (card.connected_at ?? card.since) : card.since));
}

/**
 * @param {Context} context
 * @param {Card} first
 * @param {() => Model} model
 * @returns {Component<Card>}
 */
export function createCallCard(context, first, model) {
  const { t, now } = context;
  const agent = model().view?.agent;
  const person = createPerson(context);
  const steps = createSteps(context);
  const controls = createControls(context, first.call_id);
  const logLine = createLogLine(context);
  const related = createRelated(context, first.call_id);
  const form = createForm(context, first.call_id, `${agent?.org_id}/${agent?.user_id}`);
  const phase = el('span', { class: 'phase' });
  const time = el('span', { class: 'timer', role: 'timer', 'aria-live': 'off' });
  const left = el('div', { class: 'countdown', 'aria-hidden': 'true' }, el('div', {}));
  const hint = el('p', { class: 'card-hint' });
  const element = el('article', { class: 'card', tabindex: -1, 'data-call': first.call_id },
    left,
    el('header', { class: 'card-head' }, el('span', { class: 'phase-dot', 'aria-hidden': 'true' }), phase, time),
    person.element, el('div', { class: 'card-facts' }, hint, logLine.element), steps.element, controls.element, related.element, form.element);

  /** @param {Card} card */
  function hintOf(card) {
    const state = phaseOf(card);
    if ('outcome' in card) {
      const talk = card.talk_seconds === null ? '' : formatDuration(card.talk_seconds * 1000);
      return talk ? t('wrapup.talked', { outcome: card.outcome, talk }) : card.outcome;
    }
    if (card.unconfirmed) return t('hint.unconfirmed');
    if (state === 'ringing-inbound' && model().view?.can['answer']) return '';
    return t(`hint.${state}`, { name: whoIs(card) });
  }

  /** @param {Card} card */
  function countdown(card) {
    const whole = (model().view?.settings.wrap_up_seconds ?? 0) * 1000;
    const running = 'outcome' in card && card.deadline !== null && whole > 0;
    left.dataset['running'] = String(running);
    if (!running) return;
    const share = Math.min(1, Math.max(0, ((card.deadline ?? 0) - now()) / whole));
    left.style.setProperty('--share', share.toFixed(3));
  }

  return {
    element,
    update(card) {
      const state = phaseOf(card);
      setData(element, 'phase', state);
      setData(element, 'unconfirmed', String('unconfirmed' in card && card.unconfirmed));
      setText(phase, t(`phase.${state}`));
      const spell = timeOf(card, now());
      setText(time, spell && state === 'wrapup' ? t('timer.left', { time: spell }) : spell);
      setText(hint, hintOf(card));
      show(hint, hint.textContent !== '');
      countdown(card);
      person.update(card);
      steps.update(card);
      logLine.update(card);
      controls.update(card, model());
      related.update(card, model());
      form.update(card, model());
    },
    removed: form.removed,
  };
}
