/** Ask the server, while the agent types, whether the number can be dialed; only the server decides. */

import { post } from './session.js';
import { wordsFor } from './strings.js';

/** @import {Translate} from './types.js' */

const PAUSE_MS = 350;
const SHORTEST = 3;

/** @param {string} number @returns {Promise<{ok: true} | {ok: false, code: string, text: string} | null>} */
async function ask(number) {
  try {
    const answer = await post('/api/number', { number });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/**
 * @param {Translate} t
 * @param {(words: string) => void} tell the reason why the latest text cannot be dialed; empty if it can
 * @param {typeof ask} asked
 * @returns {(typed: string) => void}
 */
export function checkNumber(t, tell, asked = ask) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let latest = '';
  return (typed) => {
    if (typed === latest) return;
    latest = typed;
    clearTimeout(timer);
    tell('');
    // A name is searched among recent calls, and two digits are not a number yet.
    if (typed.replace(/\D/g, '').length < SHORTEST) return;
    timer = setTimeout(async () => {
      const judged = await asked(typed);
      if (latest === typed && judged && !judged.ok) tell(wordsFor(t, judged));
    }, PAUSE_MS);
  };
}
