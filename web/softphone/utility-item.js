/** The phone's appearance in the utility bar: the item's label and icon, the panel's header and height. */

import { stateOf } from './panel.js';

/** @import {Driver, Model, Translate} from './types.js' */

/** Utility icons of the SLDS. @type {{[state: string]: string}} */
const ICONS = {
  'ringing-user-devices': 'outbound_call', 'dialing-destination': 'outbound_call', bridged: 'unmuted',
  'ringing-inbound': 'incoming_call', wrapup: 'edit', offline: 'offline', 'signed-out': 'lock', blocked: 'warning',
};
/** Pixels. Lists scroll, so states with a list use the usual height. */
const USUAL = 550;
const LISTS = ['idle', 'connecting', 'offline'];
const TALLEST = 800;
// Salesforce's minimum.
const LEAST = 240;

/** @param {Model} model @param {number} needed what the panel's content takes at its present width */
export function heightOf(model, needed) {
  const wanted = LISTS.includes(stateOf(model)) ? USUAL : needed;
  return Math.max(Math.min(TALLEST, Math.ceil(wanted)), LEAST, model.height ?? 0);
}

/** What the content takes if it may be as low as it likes. @param {HTMLElement} root */
export function neededHeight(root) {
  root.style.minHeight = '0';
  const needed = root.offsetHeight;
  root.style.minHeight = '';
  return needed;
}

/** @param {Pick<Driver, 'look'|'size'>} driver @param {Model} model @param {Translate} t @param {() => number} needed */
export function createUtilityItem(driver, model, t, needed) {
  let label = '';
  let height = 0;
  let before = '';
  return {
    /** Tell the org what has changed, and nothing else; within a state the panel grows, and never shrinks. */
    follow() {
      const state = stateOf(model);
      const next = t(`item.${state}`);
      if (next !== label) void driver.look((label = next), ICONS[state] ?? 'call');
      const wanted = heightOf(model, needed());
      if (wanted > height || (state !== before && wanted !== height)) void driver.size((height = wanted), null);
      before = state;
    },
  };
}
