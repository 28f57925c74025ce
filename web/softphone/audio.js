/** The phone in the browser: loaded only if the agent has one. */

import { fetchTicket } from './session.js';

/** @import {Page} from './page.js' */
/** @import {View} from './types.js' */

/** @param {Page} page @param {string} origin */
export function createAudio(page, origin) {
  /** @type {ReturnType<typeof import('./browserphone.js').createBrowserPhone>|null} */
  let phone = null;
  let loading = false;
  return {
    /** @param {View} view */
    async hear(view) {
      if (phone) return phone.hear(view);
      if (loading || !view.can['browser_phone']) return;
      loading = true;
      try {
        const [{ createBrowserPhone }] = await Promise.all([import('./browserphone.js'), page.moreWords()]);
        phone = createBrowserPhone(page, () => fetchTicket(origin));
        phone.hear(page.model.view ?? view);
      } catch (thrown) {
        console.warn('softphone: no phone in the browser', thrown);
        await page.moreWords();
        page.say('audio', 'warning', page.t('audio.trouble.library'));
      }
    },
    dialed: () => phone?.dialed(),
    /** @param {object} request of an action in a call @returns {boolean} whether this browser's phone does it */
    control: (request) => phone?.control(request) ?? false,
    /** Stop the phone after a sign-out; the next agent has a phone of their own. */
    leave() {
      phone?.leave();
      phone = null;
      loading = false;
    },
  };
}
