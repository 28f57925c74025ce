/** Views for the tests: a plain one, and what a test wants different in it. */

/** @import {CallCard, View, WrapupCard} from '../../web/softphone/types.js' */

/** @param {Partial<CallCard>} parts @returns {CallCard} */
export const call = (parts = {}) => ({
  call_id: 'call-1', state: 'bridged', direction: 'outbound', number: '+12025550101', display: '+1 202-555-0101',
  name: '', record: null, matches: [], started_at: 0, since: 0, connected_at: null, unconfirmed: false, deadline: null, draft: {}, ...parts,
});

/** @param {Partial<WrapupCard>} parts @returns {WrapupCard} */
export const wrapup = (parts = {}) => ({
  call_id: 'call-1', direction: 'outbound', number: '+12025550101', display: '+1 202-555-0101', name: '', record: null, matches: [],
  outcome: 'Connected', talk_seconds: 60, started_at: 0, ended_at: 0, deadline: null, draft: {}, log: { state: 'waiting' }, ...parts,
});

/** @param {Partial<View>} parts @returns {View} */
export const view = (parts = {}) => ({
  epoch: 'a', version: 1, now: 0, state: 'idle', click_to_dial: true,
  agent: { org_id: '00D1', user_id: '0051', name: 'Ada', configured: true },
  calls: [], wrapups: [], tray: [], answers: [], notices: [], can: {},
  settings: { wrap_up_seconds: 60, dispositions: [], dial_while_wrapup: false }, ...parts,
});
