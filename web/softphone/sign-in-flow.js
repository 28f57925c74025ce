/** Signing in (by name in development, otherwise through Salesforce) and out, which may ask first. */

import { availabilityOf } from './availability.js';
import { signInByName, signOut } from './session.js';

/** @import {Page} from './page.js' */
/** @import {Frame, PageSettings} from './types.js' */

/** The outcome of a choice at the phone system. */
const KEPT = ['asked', 'done', 'unknown'];

/**
 * @param {Page} page
 * @param {PageSettings} settings
 * @param {string} origin of the org
 * @param {{connect: () => Promise<void>, leave: () => void, send: (frame: Frame) => boolean}} ports
 */
export function createSignInFlow(page, settings, origin, { connect, leave, send }) {
  const { model, t } = page;
  const isDev = settings.sign_in === 'dev';
  /** A pending sign-out until the agent is available; true: everywhere. @type {boolean|null} */
  let leaving = null;
  // The server would refuse a second sign-out, which the agent would see as a failure.
  let isLeaving = false;

  /** @param {boolean} everywhere in every browser */
  async function signOutNow(everywhere) {
    if (isLeaving) return;
    isLeaving = true;
    page.unsay('account');
    model.accountOpen = false;
    if (await signOut(origin, everywhere)) leave();
    else page.say('signout', 'error', t('signout.failed'));
    isLeaving = false;
  }
  /** @param {boolean} everywhere in every browser */
  async function askedToSignOut(everywhere) {
    const cards = (model.view?.calls.length ?? 0) + (model.view?.wrapups.length ?? 0);
    if (cards === 0) return leftAsChosen(everywhere);
    await page.moreWords();
    page.say('account', 'warning', t('account.inCall'), { label: t('account.anyway'), run: () => void leftAsChosen(everywhere) });
  }
  /** @param {boolean} everywhere in every browser */
  function turnOff(everywhere) {
    page.unsay('account');
    if (send({ type: 'availability', status: 'available', reason: '' })) leaving = everywhere;
    else page.say('signout', 'error', t('signout.failed'));
  }
  /** What the phone system keeps from the agent's phones it keeps from them without a softphone, too. @param {boolean} everywhere in every browser */
  async function leftAsChosen(everywhere) {
    const { status, applied } = availabilityOf(model);
    if (status === 'available' || !KEPT.includes(applied)) return signOutNow(everywhere);
    await page.moreWords();
    page.say('account', 'warning', t('account.kept', { choice: t(`availability.${status}`) }),
      { label: t('account.turnOff'), run: () => turnOff(everywhere) },
      { label: t('account.anyway'), run: () => void signOutNow(everywhere) });
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
    /** Whoever turned it off goes when the phone system has done so; if it has not, the panel says that. */
    follow() {
      const { status, applied } = availabilityOf(model);
      if (leaving === null || status !== 'available' || applied === 'asked') return;
      const everywhere = leaving;
      leaving = null;
      if (applied === '') void signOutNow(everywhere);
    },
  };
}
