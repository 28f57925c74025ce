/**
 * Who can hear whom: on hold, muted; more than two in a call, when somebody is asked before it is
 * handed over, both are swapped, all talk; and the recording that pauses meanwhile.
 */

import { activeCall, parentOf, thirdCall } from './calls.js';
import { refusalOf } from './requests.js';

/** @import {createClasses} from './classes.js' */
/** @import {createStory} from './events.js' */
/** @import {Abilities, Answered, Card, Host, VoiceView} from './types.js' */

/**
 * @param {{
 *   classes: ReturnType<typeof createClasses>, story: ReturnType<typeof createStory>, host: Host,
 *   theCall: (asked: any) => Card, demand: (ability: keyof Abilities) => void,
 *   control: (card: Card, action: string, more?: object, until?: (seen: VoiceView) => boolean) => Promise<Answered>,
 * }} ports
 */
export function createParties({ classes, story, host, theCall, demand, control }) {
  /** @param {VoiceView} seen @param {Card} card */
  const cardIn = (seen, card) => seen.calls.find(({ call_id }) => call_id === card.call_id);
  /** @param {Card} card @param {boolean} is */
  const hasThird = (card, is) => (/** @type {VoiceView} */ seen) => Boolean(cardIn(seen, card)?.third) === is || !cardIn(seen, card);
  /** Salesforce means the consulted party, not the call itself. @param {any} asked */
  const isThird = (asked) => Boolean(parentOf(String(asked?.callId ?? ''))) || asked?.callAttributes?.participantType === 'Third_Party';

  /** @param {any} asked @param {string} action @param {keyof Abilities} ability @param {boolean} merged */
  async function together(asked, action, ability, merged) {
    const card = theCall(asked);
    demand(ability);
    const { view } = await control(card, action);
    const now = cardIn(view, card) ?? card;
    const third = thirdCall(now, host);
    const isTalking = now.third?.state === 'talking';
    return classes.holdResult(isTalking && !merged, third ? [activeCall(now, host), third] : [activeCall(now, host)], now.third?.state === 'waiting', merged);
  }

  return {
    isThird,
    /** @param {string} target @param {any} asked */
    async consult(target, asked) {
      const card = theCall(asked);
      demand('consult');
      const { view } = await control(card, 'consult', { target }, hasThird(card, true));
      const third = thirdCall(cardIn(view, card) ?? card, host);
      if (!third) throw refusalOf('no-answer');
      story.note({ ...third, state: 'transferring' });
      return classes.participantResult(third, target, false);
    },
    swap: (/** @type {any} */ asked) => together(asked, 'swap', 'consult', false),
    conference: (/** @type {any} */ calls) => together([calls].flat()[0], 'merge', 'conference', true),
    /** Then the other party is back, and the library reports who was dropped. @param {any} asked */
    async letGo(asked) {
      const card = theCall(asked);
      const third = thirdCall(card, host);
      if (!third) throw refusalOf('no-such-call');
      await control(card, 'cancel', {}, hasThird(card, false));
      /** @type {import('./types.js').NeutralCall} */
      const call = { ...third, state: 'ended', reason: 'ended' };
      story.note(call);
      return classes.hangupResult([call]);
    },
    /** @param {boolean} on @param {string} action @param {'hold'|'mute'} ability */
    toggle: (on, action, ability) => async (/** @type {any} */ asked) => {
      const card = theCall(asked);
      demand(ability);
      await control(card, action);
      const call = { ...activeCall(card, host), [ability === 'hold' ? 'onHold' : 'muted']: on };
      story.note(call);
      return ability === 'hold' ? classes.holdResult(on, [call]) : classes.muteResult(on, call);
    },
    /** @param {boolean} pause */
    record: (pause) => async (/** @type {any} */ asked) => {
      const card = theCall(asked);
      demand('pause_recording');
      await control(card, pause ? 'pause_recording' : 'resume_recording');
      story.note({ ...activeCall(card, host), isPaused: pause });
      return classes.recordingResult(pause);
    },
  };
}
