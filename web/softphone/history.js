/** The agent's latest calls, for the list under the dialer: asked for when they have changed; no view has them. */

import { post } from './session.js';

/** @import {RecentRow, View} from './types.js' */

/** Of a view, what the list follows: another one, and there are other calls, or another record. @param {View} view */
const markOf = ({ epoch, calls, wrapups }) =>
  JSON.stringify([epoch, calls.map(({ call_id }) => call_id), wrapups.map(({ call_id, record, log }) => [call_id, record, log.state])]);

/** @param {string} origin of the org: a browser may be signed in to several @returns {Promise<RecentRow[]|null>} */
async function ask(origin) {
  try {
    const answer = await post('/api/history', { origin });
    return answer.ok ? (await answer.json()).rows : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} origin
 * @param {(rows: RecentRow[]) => void} tell
 * @param {typeof ask} asked
 * @returns {(view: View) => Promise<void>} to be called with each view; a failed question is asked again with the next
 */
export function createHistory(origin, tell, asked = ask) {
  let mark = '';
  return async (view) => {
    const latest = markOf(view);
    if (latest === mark) return;
    mark = latest;
    const rows = await asked(origin);
    if (mark !== latest) return;
    if (rows) tell(rows);
    else mark = '';
  };
}
