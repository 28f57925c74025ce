/** The utility bar: the phone's item, its panel, and the iframe with the softphone. */

import { byId, make } from './dom.js';

/**
 * The softphone's address with what Salesforce appends to it.
 * @param {string} address @param {string} origin of this org @param {string} agent demo only
 */
export function frameAddress(address, origin, agent) {
  const url = new URL(address);
  url.searchParams.set('mode', 'Lightning');
  url.searchParams.set('sfdcIframeOrigin', origin);
  if (agent) url.searchParams.set('demo_agent', agent);
  return url.href;
}

/** @param {string} address @param {() => void} onLoad before each new page in the frame */
export function createUtility(address, onLoad) {
  const panel = byId('panel');
  const item = byId('item');
  const frame = make('iframe', '');
  frame.title = 'Softphone';
  frame.allow = 'microphone; autoplay';
  frame.src = address;
  // As in Salesforce: there is no iframe before the item has been opened or starts by itself.
  const begin = () => frame.isConnected || byId('frame').append(frame);

  /** @param {boolean} visible */
  function show(visible) {
    if (visible) begin();
    panel.hidden = !visible;
    item.setAttribute('aria-expanded', String(visible));
    document.body.dataset['panel'] = visible ? 'open' : 'closed';
  }
  item.addEventListener('click', () => show(panel.hasAttribute('hidden')));
  byId('minimise').addEventListener('click', () => show(false));

  return {
    /** The item starts with the page, its panel closed. */
    begin,
    window: () => frame.contentWindow,
    visible: () => !panel.hidden,
    show,
    /** @param {'width'|'height'} part @param {number} px */
    size: (part, px) => frame.style.setProperty(part, `${px}px`),
    /** @param {'item'|'panel'} part @param {string} text */
    label(part, text) {
      byId(part === 'item' ? 'item-label' : 'panel-label').textContent = text;
    },
    /** @param {'item'|'panel'} part @param {string} key */
    icon(part, key) {
      byId(part === 'item' ? 'item' : 'panel-label').dataset['icon'] = key;
    },
    /** As when the panel is popped out: another window's frame, the same address. */
    reload() {
      onLoad();
      frame.src = address;
    },
  };
}
