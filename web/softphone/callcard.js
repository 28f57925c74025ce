/** One call, from the first ring to the end of its wrap-up: one card, whose nodes are kept. */

import { formatDuration } from './clock.js';
import { createControls } from './controls.js';
import { el, setData, setText, show } from './dom.js';
import { createForm } from './form.js';
import { icon } from './icons.js';
import { partOf, showsFact } from './layout.js';
import { kindWords } from './links.js';
import { initials, whoIs } from './numbers.js';
import { outcomeOf } from './outcomes.js';
import { createRelated } from './related.js';
import { phaseOf } from './view.js';

/** @import {CallCard, Component, Context, Model, WrapupCard} from './types.js' */

/** @typedef {CallCard|WrapupCard} Card */

const STEPS = ['ringing-user-devices', 'dialing-destination', 'bridged'];

/** The avatar, the name, the number and the record behind it. @param {Context} context @param {() => Model} model */
function createPerson({ t }, model) {
  const letters = el('span', {});
  const avatar = el('span', { class: 'avatar', 'aria-hidden': 'true' }, letters, icon('person'));
  const name = el('h2', { class: 'person-name', dir: 'auto' });
  const number = el('span', { class: 'person-number', dir: 'ltr' });
  const kind = el('span', { class: 'chip' });
  const called = el('span', { class: 'person-called' });
  const element = el('div', { class: 'person' }, avatar,
    el('div', { class: 'person-text' }, name, el('div', { class: 'person-line' }, number, kind), called));
  return {
    element,
    /** @param {Card} card */
    update(card) {
      const who = whoIs(card);
      setText(letters, initials(who));
      setData(avatar, 'empty', String(initials(who) === ''));
      setText(name, who);
      setText(number, who === card.display ? '' : card.display);
      show(number, number.textContent !== '');
      setText(kind, kindWords(card.record?.object_type ?? '', t));
      show(kind, kind.textContent !== '');
      const ours = showsFact(partOf(model().layout, card.direction), 'DNIS') ? (card.called_display ?? '') : '';
      setText(called, ours && t('called.on', { number: ours }));
      show(called, ours !== '');
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

/** The state of the call's Task, in words. @param {Context} context */
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
function timeOf(card, now) {
  if ('outcome' in card) return card.deadline === null ? '' : formatDuration(card.deadline - now + 999);
  return formatDuration(now - (card.state === 'bridged' ? (card.connected_at ?? card.since) : card.since));
}

/** Whether the other party is on hold; with three parties, another line says who is. @param {Card} card */
export const isHeld = (card) => 'held' in card && card.held === true && !card.third;

/** Phase and time, with a hint below. @param {Context} context @param {() => Model} model */
function createHead({ t, now }, model) {
  const phase = el('span', { class: 'phase' });
  const time = el('span', { class: 'timer', role: 'timer', 'aria-live': 'off' });
  const left = el('div', { class: 'countdown', 'aria-hidden': 'true' }, el('div', {}));
  const hint = el('p', { class: 'card-hint' });
  const element = el('header', { class: 'card-head' }, el('span', { class: 'phase-dot', 'aria-hidden': 'true' }), phase, time);

  /** @param {Card} card */
  function hintOf(card) {
    const state = phaseOf(card);
    if ('outcome' in card) {
      const talk = card.talk_seconds === null ? '' : formatDuration(card.talk_seconds * 1000);
      const outcome = outcomeOf(card, t);
      return talk ? t('wrapup.talked', { outcome, talk }) : outcome;
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
    element, left, hint,
    /** @param {Card} card */
    update(card) {
      const state = phaseOf(card);
      setText(phase, t(isHeld(card) ? 'phase.held' : `phase.${state}`));
      const spell = timeOf(card, now());
      setText(time, spell && state === 'wrapup' ? t('timer.left', { time: spell }) : spell);
      setText(hint, hintOf(card));
      show(hint, hint.textContent !== '');
      countdown(card);
    },
  };
}

/**
 * @param {Context} context
 * @param {Card} first
 * @param {() => Model} model
 * @returns {Component<Card>}
 */
export function createCallCard(context, first, model) {
  const agent = model().view?.agent;
  const head = createHead(context, model);
  const person = createPerson(context, model);
  const steps = createSteps(context);
  const controls = createControls(context, first.call_id);
  const logLine = createLogLine(context);
  const related = createRelated(context, first.call_id);
  const form = createForm(context, first.call_id, `${agent?.org_id}/${agent?.user_id}`);
  const element = el('article', { class: 'card', tabindex: -1, 'data-call': first.call_id },
    head.left, head.element, person.element, el('div', { class: 'card-facts' }, head.hint, logLine.element),
    steps.element, controls.element, related.element, form.element);
  return {
    element,
    update(card) {
      setData(element, 'phase', phaseOf(card));
      setData(element, 'held', String(isHeld(card)));
      setData(element, 'unconfirmed', String('unconfirmed' in card && card.unconfirmed));
      for (const part of [head, person, steps, logLine]) part.update(card);
      for (const part of [controls, related, form]) part.update(card, model());
    },
    removed: form.removed,
  };
}
