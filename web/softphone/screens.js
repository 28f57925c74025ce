/** The panel's screens without a softphone: connecting, blocked. */

import { el, setData, setText } from './dom.js';
import { icon } from './icons.js';

/** @import {Context, Model} from './types.js' */

// The start-up conditions in their order, and the codes that fail each.
/** @type {[string, string[]][]} */
const CONDITIONS = [
  ['server', ['server-unreachable']],
  ['address', ['wrong-address']],
  ['inside', ['no-origin', 'no-mode']],
  ['origin', ['origin-refused', 'origin-not-allowed']],
  ['library', ['library-missing', 'library-refused', 'library-slow']],
  ['answers', ['library-silent']],
  ['host', ['host-silent']],
];
/** Those that only Open CTI has, and the one of our own component. */
const OPEN_CTI = ['library', 'answers'];
const COMPONENT = ['host'];

/** @param {string} code @returns {[string, string[]][]} the conditions of the surface that it is about */
const conditionsFor = (code) => CONDITIONS.filter(([name]) => !(code === 'host-silent' ? OPEN_CTI : COMPONENT).includes(name));

/** @param {string} code @returns {number} how many conditions held before this one failed */
export const passedBefore = (code) => conditionsFor(code).findIndex(([, codes]) => codes.includes(code));

/** @param {Context} context */
export function createConnecting({ t }) {
  return el('section', { class: 'screen connecting' }, el('span', { class: 'spinner', 'aria-hidden': 'true' }), el('p', {}, t('connecting')));
}

/** @param {Context} context */
export function createBlocked({ t, actions }) {
  const title = el('h2', {});
  const words = el('p', {});
  const admin = el('p', { class: 'admin' });
  const list = el('ol', { class: 'conditions' });
  let listed = '';
  const createItem = (/** @type {string} */ name) => el('li', {}, el('span', { class: 'mark', 'aria-hidden': 'true' }, icon('check'), icon('cross')), el('span', {}, t(`condition.${name}`)));
  const element = el('section', { class: 'screen blocked' }, el('span', { class: 'screen-sign' }, icon('alert')), title, words,
    list, el('h3', {}, t('blocked.admin')), admin,
    el('button', { type: 'button', class: 'button neutral', onclick: () => actions.retryNow() }, t('blocked.retry')));
  return {
    element,
    /** @param {Model} model */
    update({ blocked }) {
      if (!blocked) return;
      const { code, detail } = blocked;
      setText(title, t('blocked.title'));
      setText(words, t(`blocked.${code}`));
      setText(admin, t(`blocked.${code}.admin`, { detail }));
      if (code === listed) return;
      listed = code;
      const passed = passedBefore(code);
      const items = conditionsFor(code).map(([name]) => createItem(name));
      items.forEach((item, index) => setData(item, 'held', index < passed ? 'yes' : index === passed ? 'no' : 'unknown'));
      list.replaceChildren(...items);
    },
  };
}
