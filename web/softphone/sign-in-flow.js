/** In and out: by a name in development, else through Salesforce; out asks first while there is a call. */

import { signInByName, signOut } from './session.js';

/** @import {Page} from './page.js' */
/** @import {PageSettings} from './types.js' */

/**
 * @param {Page} page
 * @param {PageSettings} settings
 * @param {string} origin of the org
 * @param {{connect: () => Promise<void>, leave: () => void}} ports
 */
export function createSignInFlow(page, settings, origin, { connect, leave }) {
  const { model, t } = page;
  const isDev = settings.sign_in === 'dev';

  /** @param {boolean} everywhere in every browser */
  async function signOutNow(everywhere) {
    page.unsay('account');
    model.accountOpen = false;
    if (!(await signOut(origin, everywhere))) return page.say('signout', 'error', t('signout.failed'));
    leave();
  }
  /** @param {boolean} everywhere in every browser */
  async function askedToSignOut(everywhere) {
    const cards = (model.view?.calls.length ?? 0) + (model.view?.wrapups.length ?? 0);
    if (cards === 0) return signOutNow(everywhere);
    await page.moreWords();
    page.say('account', 'warning', t('account.inCall'), { label: t('account.anyway'), run: () => void signOutNow(everywhere) });
  }

  return {
    /** @param {string} typed a name in development, else a code or nothing */
    async signIn(typed) {
      // A pop-up that is closed tells nobody: its button stays in reach.
      model.signIn = { ...model.signIn, busy: isDev, failed: false, opened: !isDev };
      page.render();
      // Loaded with the form: a pop-up that opens much later than the click is blocked.
      const { redeem, signInWithSalesforce } = await import('./signin.js');
      const done = await (isDev ? signInByName(typed) : typed ? redeem(typed) : signInWithSalesforce(origin));
      model.signIn = { ...model.signIn, busy: false, failed: !done, opened: !done && model.signIn.opened };
      if (done) model.stage = 'connecting';
      page.render();
      if (done) await connect();
    },
    /** Lost by one click would be what is said of the call that is still going on. */
    signOut: () => askedToSignOut(false),
    everywhere: () => askedToSignOut(true),
  };
}
