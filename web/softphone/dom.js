/** DOM helpers in place of a framework: create, set, and lists that keep their nodes. */

import { pieces } from './strings.js';

/** @import {Component} from './types.js' */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {{[name: string]: string|number|boolean|EventListener}} [props] attributes; functions
 *   named on… are listeners
 * @param {...(Node|string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (typeof value === 'boolean') node.toggleAttribute(name, value);
    else node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}

/** Set a text only if it changed, or screen readers would repeat it; numbers do not wrap. @param {Element} node @param {string} text */
export function setText(node, text) {
  if (node.textContent === text) return;
  const [first = '', ...rest] = pieces(text);
  node.textContent = first;
  node.append(...rest.map((piece, at) => (at % 2 ? piece : el('bdi', { class: 'whole', dir: 'ltr' }, piece))));
}

/** @param {Element} node @param {boolean} visible */
export function show(node, visible) {
  node.toggleAttribute('hidden', !visible);
}

/** Make a button wait for an answer: pressing does nothing, and it keeps the focus. @param {Element} button @param {boolean} waits */
export const setWaiting = (button, waits) => button.setAttribute('aria-disabled', String(waits));

/** @param {HTMLElement} node @param {string} name @param {string} value */
export function setData(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

/**
 * A list that keeps the node of each key, so focus and typed text survive every update.
 * @template P
 * @param {HTMLElement} parent
 * @param {(item: P) => string} keyOf
 * @param {(item: P) => Component<P>} make
 * @returns {(items: P[]) => void}
 */
export function keyedList(parent, keyOf, make) {
  /** @type {Map<string, Component<P>>} */
  const alive = new Map();
  return (items) => {
    const wanted = new Set(items.map(keyOf));
    for (const [key, component] of alive) {
      if (wanted.has(key)) continue;
      component.removed?.();
      component.element.remove();
      alive.delete(key);
    }
    let cursor = parent.firstChild;
    for (const item of items) {
      const key = keyOf(item);
      const component = alive.get(key) ?? make(item);
      alive.set(key, component);
      component.update(item);
      if (component.element === cursor) cursor = cursor.nextSibling;
      else parent.insertBefore(component.element, cursor);
    }
  };
}
