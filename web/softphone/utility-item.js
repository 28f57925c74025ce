/** How the phone looks from outside: the utility item's label and icon, the panel's head and height. */

import { stateOf } from './panel.js';

/** @import {Driver, Model, Translate} from './types.js' */

/** Utility icons of the SLDS. @type {{[state: string]: string}} */
const ICONS = {
  'ringing-user-devices': 'outbound_call', 'dialing-destination': 'outbound_call', bridged: 'unmuted',
  'ringing-inbound': 'incoming_call', wrapup: 'edit', offline: 'offline', 'signed-out': 'lock', blocked: 'warning',
};
/** Pixels that a state needs at the usual width. @type {{[state: string]: number}} */
const HEIGHTS = { 'signed-out': 420, connecting: 420, 'ringing-inbound': 480, bridged: 580, wrapup: 640 };
const USUAL = 550;
const SECOND_CARD = 160;
const TALLEST = 800;

/** @param {Model} model */
export function heightOf(model) {
  const cards = (model.view?.calls.length ?? 0) + (model.view?.wrapups.length ?? 0);
  const asks = model.view?.calls.some(({ matches, record }) => matches.length > 1 && !record) ? SECOND_CARD : 0;
  return Math.min(TALLEST, (HEIGHTS[stateOf(model)] ?? USUAL) + asks + Math.max(0, cards - 1) * SECOND_CARD);
}

/** @param {Pick<Driver, 'look'|'size'>} driver @param {Model} model @param {Translate} t */
export function createUtilityItem(driver, model, t) {
  let label = '';
  let height = 0;
  return {
    /** Tell the org what has changed, and nothing else. */
    follow() {
      const state = stateOf(model);
      const next = t(`item.${state}`);
      if (next !== label) void driver.look((label = next), ICONS[state] ?? 'call');
      const wanted = heightOf(model);
      if (wanted !== height) void driver.size((height = wanted), null);
    },
  };
}
