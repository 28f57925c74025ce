/** Errors and messages above everything else: connection, notices, answers. */

import { el, keyedList, setData, setText, show } from './dom.js';
import { icon } from './icons.js';
import { wordsFor } from './strings.js';

/** @import {Component, Context, Message, Model} from './types.js' */

/** @typedef {Message & {dismiss: () => void}} Alert */

/** @param {Context} context @returns {(alert: Alert) => Component<Alert>} */
function alertRow({ t }) {
  return (first) => {
    let alert = first;
    const words = el('p', {});
    const act = el('button', { type: 'button', class: 'button neutral', onclick: () => alert.act?.run() });
    const other = el('button', { type: 'button', class: 'button neutral', onclick: () => alert.other?.run() });
    const close = el('button', { type: 'button', class: 'icon-button', 'aria-label': t('alert.dismiss'), onclick: () => alert.dismiss() }, icon('cross'));
    const element = el('div', { class: 'alert' }, icon('alert'), icon('check'), words, act, other, close);
    return {
      element,
      update(next) {
        alert = next;
        setData(element, 'tone', next.tone);
        setText(words, next.text);
        setText(act, next.act?.label ?? '');
        show(act, Boolean(next.act));
        setText(other, next.other?.label ?? '');
        show(other, Boolean(next.other));
      },
    };
  };
}

/** @param {Context} context */
function createOffline({ t, actions }) {
  const means = el('p', {});
  const when = el('p', { class: 'offline-when' });
  const element = el('div', { class: 'offline' }, icon('cloud'),
    el('div', {}, el('strong', {}, t('offline.title')), means, when),
    el('button', { type: 'button', class: 'button neutral', onclick: () => actions.retryNow() }, t('offline.retry')));
  return {
    element,
    /** @param {Model} model */
    update({ stage, retryAt, view }) {
      show(element, stage === 'offline');
      setText(means, t(view?.calls.length ? 'offline.works' : 'offline.waits'));
      const seconds = Math.ceil(((retryAt ?? 0) - Date.now()) / 1000);
      setText(when, seconds > 0 ? t('offline.in', { count: seconds }) : t('offline.now'));
    },
  };
}

/** @param {Context} context */
export function createAlerts(context) {
  const { actions } = context;
  const offline = createOffline(context);
  const list = el('div', { role: 'alert' });
  const rows = keyedList(list, (/** @type {Alert} */ alert) => alert.id, alertRow(context));
  return {
    element: el('div', { class: 'alerts' }, offline.element, list),
    /** @param {Model} model */
    update(model) {
      offline.update(model);
      /** @type {Alert[]} */
      const notices = (model.view?.notices ?? []).map(({ id, text, code, tone = 'warning' }) => ({
        id: `notice/${id}`, tone, text: wordsFor(context.t, { code, text }), dismiss: () => actions.dismissNotice(id),
      }));
      const messages = model.messages.map((message) => ({ ...message, dismiss: () => actions.dismissMessage(message.id) }));
      rows([...messages, ...notices]);
    },
  };
}
