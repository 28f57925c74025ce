/** What the panel's buttons do while there is no connection. */

import { strict as assert } from 'node:assert';
import test from 'node:test';

import { createActions } from '../../web/softphone/softphone.js';

/** @import {RecentRow} from '../../web/softphone/types.js' */

const GRACE = { id: '003000000000001', name: 'Grace', object_type: 'Contact' };
const ROW = /** @type {RecentRow} */ ({ number: '+12025550101', display: '+1 202-555-0101', name: 'Grace', record: GRACE });

/** The panel's actions on a connection, and what the agent is told. @param {boolean} connected */
function panel(connected) {
  /** @type {string[]} */
  const told = [];
  const page = { model: {}, t: String, say: (/** @type {string[]} */ ...[, , text]) => void told.push(text ?? '') };
  const phone = { send: () => connected };
  return { told, actions: createActions(/** @type {any} */ (page), () => /** @type {any} */ (phone), () => undefined) };
}

/** What is sent at once or not at all. @type {{[name: string]: (actions: ReturnType<typeof createActions>) => unknown}} */
const PRESSES = {
  star: (actions) => actions.favorite(ROW, true),
  'cross of a notice': (actions) => actions.dismissNotice('n1'),
  availability: (actions) => actions.setAvailability('away', ''),
  'save again': (actions) => actions.tray('log-1', 'save_again'),
  'another record': (actions) => actions.relate('call-1', GRACE),
  'a corrected log': (actions) => actions.change('log-1', { notes: 'As agreed.' }, true),
};

for (const [name, press] of Object.entries(PRESSES)) {
  test(`without a connection a press on ${name} is not lost silently`, () => {
    const { actions, told } = panel(false);
    press(actions);
    assert.deepEqual(told, ['offline.notDone']);
  });
  test(`with a connection nothing is said about ${name}`, () => {
    const { actions, told } = panel(true);
    press(actions);
    assert.deepEqual(told, []);
  });
}
