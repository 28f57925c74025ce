/** The whole panel as a function of the model. Nodes are made once and then only changed. */

import { createAlerts } from './alerts.js';
import { availabilityOf, createAvailability } from './availability.js';
import { createCallCard, isHeld } from './callcard.js';
import { createDialer } from './dialer.js';
import { el, keyedList, setData, setText, show } from './dom.js';
import { createFocusKeeper } from './focus.js';
import { icon } from './icons.js';
import { createLazy } from './lazy.js';
import { initials, whoIs } from './numbers.js';
import { createBlocked, createConnecting } from './screens.js';
import { foreground, phaseOf } from './view.js';

/** @import {CallCard, Context, Model, WrapupCard} from './types.js' */

/** The `data-state` of a model. @param {Model} model */
export const stateOf = ({ stage, view }) => (stage === 'live' ? (view?.state ?? 'connecting') : stage);

/** Who is signed in, and whether links in Salesforce dial. @param {Context} context */
function createBar(context) {
  const { t, actions } = context;
  const letters = el('button', { type: 'button', class: 'bar-avatar', title: t('bar.account'), onclick: () => actions.account() });
  const name = el('span', { class: 'bar-name', dir: 'auto' });
  const state = el('span', { class: 'bar-state' });
  const availability = createAvailability(context);
  const dial = el('span', { class: 'bar-dial' });
  const exit = el('button', { type: 'button', class: 'icon-button', 'aria-label': t('bar.signOut'), onclick: () => actions.signOut() }, icon('exit'));
  const element = el('header', { class: 'bar' }, letters, el('div', { class: 'bar-text' }, name, state, availability.field), dial, exit);
  return {
    element,
    note: availability.note,
    closeAccount() {
      actions.account();
      letters.focus();
    },
    /** @param {Model} model */
    update(model) {
      const agent = model.view?.agent;
      show(element, Boolean(agent) && (model.stage === 'live' || model.stage === 'offline'));
      letters.setAttribute('aria-expanded', String(model.accountOpen));
      setText(letters, initials(agent?.name ?? ''));
      // Voice control users say what they see, so the button's name must contain it.
      letters.setAttribute('aria-label', `${letters.textContent} ${t('bar.account')}`);
      setText(name, agent?.name ?? '');
      // The cards show the phone's state in larger letters.
      const live = model.stage === 'live';
      setText(state, live ? '' : t(`state.${stateOf(model)}`));
      show(state, !live);
      show(availability.field, live);
      availability.update(model);
      setData(letters, 'status', live ? availabilityOf(model).status : '');
      setText(dial, t(model.clickToDial ? 'bar.dialOn' : 'bar.dialOff'));
      setData(dial, 'on', String(model.clickToDial));
    },
  };
}

/** A dial that the server has not answered yet: a click shows at once. @param {Context} context */
function createPending({ t }) {
  const words = el('p', {});
  const element = el('div', { class: 'card pending' }, el('span', { class: 'spinner', 'aria-hidden': 'true' }), words);
  return {
    element,
    /** @param {Model} model */
    update({ pending }) {
      show(element, pending !== null);
      if (pending) setText(words, t('pending', { name: pending.name || pending.number }));
    },
  };
}

/** Tell a screen reader each new state once. @param {Context} context */
function createAnnouncer({ t }) {
  const element = el('p', { class: 'sr-only', role: 'status' });
  let told = '';
  return {
    element,
    /** @param {Model} model */
    update(model) {
      const call = model.stage === 'live' && model.view ? foreground(model.view) : undefined;
      const waits = call !== undefined && isHeld(call);
      const key = `${stateOf(model)}/${call?.call_id ?? ''}/${waits}`;
      if (key === told) return;
      told = key;
      setText(element, t(waits ? 'phase.held' : `say.${stateOf(model)}`, { name: call ? whoIs(call) : '' }));
    },
  };
}

/** What knocks, then the agent's foreground call, then by age. @param {Model} model @returns {(CallCard|WrapupCard)[]} */
function cardsOf({ view }) {
  if (!view) return [];
  const first = foreground(view);
  const live = new Set(view.calls.map((call) => call.call_id));
  const all = [...view.calls, ...view.wrapups.filter((card) => !live.has(card.call_id))];
  const rank = (/** @type {CallCard|WrapupCard} */ card) => (phaseOf(card) === 'ringing-inbound' ? 2 : Number(card === first));
  return all.sort((a, b) => rank(b) - rank(a));
}

/** Parts that few pages show: fetched when they are wanted. @param {Context} context @param {() => Model} model */
function createLazyParts(context, model) {
  const tray = createLazy(({ view }) => (view?.tray.length ?? 0) > 0, async () => {
    const [{ createTray }] = await Promise.all([import('./tray.js'), context.moreWords()]);
    return createTray(context);
  });
  const callMe = createLazy(({ ringProfiles, view }) => ringProfiles.length + (view?.settings.caller_ids ?? []).length + (view?.settings.ring_profiles ?? []).length > 0, async () => {
    const [{ createCallMe }] = await Promise.all([import('./callme.js'), context.moreWords()]);
    return createCallMe(context);
  });
  const account = createLazy(({ accountOpen }) => accountOpen, async () => {
    const [{ createAccount }] = await Promise.all([import('./account.js'), context.moreWords()]);
    return createAccount(context);
  });
  const signIn = createLazy(({ stage }) => stage === 'signed-out', async () => {
    const [{ createSignIn }] = await Promise.all([import('./signin.js'), context.moreWords()]);
    return createSignIn(context);
  });
  const audio = createLazy((now) => now.audio !== undefined, async () => {
    const [{ createAudioBar }] = await Promise.all([import('./audiobar.js'), context.moreWords()]);
    return createAudioBar(context);
  });
  const numbers = createLazy(({ recordPhones }) => (recordPhones?.phones.length ?? 0) > 0, async () => {
    const [{ createRecordNumbers }] = await Promise.all([import('./recordnumbers.js'), context.moreWords()]);
    return createRecordNumbers(context, model);
  });
  return { tray, callMe, account, signIn, audio, numbers };
}

/** What a narrow panel cuts off, and what an icon stands for, is read by pointing at it. @param {EventTarget|null} target */
function explain(target) {
  const element = target instanceof Element ? target.closest('.icon-button, span, h2') : null;
  if (!(element instanceof HTMLElement)) return;
  if (element.matches('.icon-button')) element.title = element.ariaLabel ?? '';
  else if (getComputedStyle(element).textOverflow === 'ellipsis') element.title = element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight ? (element.textContent ?? '') : '';
}

/**
 * @param {HTMLElement} root
 * @param {Context} context
 * @param {() => Model} model
 */
export function createPanel(root, context, model) {
  const { t } = context;
  const bar = createBar(context);
  const alerts = createAlerts(context);
  const pending = createPending(context);
  const cardList = el('div', { class: 'cards' });
  const cards = keyedList(cardList, (/** @type {CallCard|WrapupCard} */ card) => card.call_id, (card) => createCallCard(context, card, model));
  const dialer = createDialer(context, model);
  const { tray, callMe, account, signIn, audio, numbers } = createLazyParts(context, model);
  const blocked = createBlocked(context);
  const connecting = createConnecting(context);
  const announcer = createAnnouncer(context);
  const content = el('div', { class: 'content' }, account.element, audio.element, pending.element, cardList, tray.element, callMe.element, numbers.element, dialer.element);
  const title = el('h1', { class: 'sr-only' }, t('title'));
  root.replaceChildren(title, bar.element, bar.note, alerts.element, connecting, signIn.element, blocked.element, content, announcer.element);

  const focus = createFocusKeeper(root);
  root.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && model().accountOpen && document.activeElement?.matches('.bar-avatar, .account *')) bar.closeAccount();
  });
  root.addEventListener('pointerover', ({ target }) => explain(target));

  return {
    update() {
      const now = model();
      const { stage, view } = now;
      const focused = focus.now();
      setData(root, 'state', stateOf(now));
      setData(root, 'clickToDial', now.clickToDial ? 'on' : 'off');
      const shown = cardsOf(now);
      const working = view !== null && (stage === 'live' || stage === 'offline');
      show(connecting, !view && (stage === 'connecting' || stage === 'offline'));
      show(blocked.element, stage === 'blocked');
      show(content, working);
      const talking = shown.some((card) => phaseOf(card) !== 'wrapup');
      show(dialer.element, shown.length === 0 || (!talking && view?.settings.dial_while_wrapup === true));
      setData(content, 'cards', String(shown.length));
      for (const part of [bar, alerts, account, audio, pending, tray, callMe, numbers, signIn, blocked, dialer, announcer]) void part.update(now);
      cards(working ? shown : []);
      focus.keep(focused);
    },
  };
}
