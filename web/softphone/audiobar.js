/** The panel's line about the phone in this browser, with its buttons. */

import { el, keyedList, setData, setText, show } from './dom.js';
import { isGuest } from './view.js';

/** @import {AudioActions, Context, Model} from './types.js' */

/** @type {{[state: string]: {word: string, act: keyof AudioActions}}} */
const ACTS = {
  setup: { word: 'audio.allow', act: 'use' },
  trouble: { word: 'audio.again', act: 'use' },
  taken: { word: 'audio.here', act: 'use' },
  ringing: { word: 'audio.pickUp', act: 'pickUp' },
  window: { word: 'audio.showWindow', act: 'showWindow' },
};
/** A window of our own asks the agent for the microphone. @type {{word: string, act: keyof AudioActions}} */
const OPEN_WINDOW = { word: 'audio.openWindow', act: 'showWindow' };

/** @param {Model['audio']} audio */
const actOf = (audio) => (audio?.trouble === 'policy' ? OPEN_WINDOW : ACTS[audio?.state ?? '']);

/** The microphone under test. @param {Context} context @param {() => AudioActions|undefined} actions */
function createTest({ t }, actions) {
  const meter = el('meter', { min: 0, max: 1, 'aria-label': t('audio.level') });
  const choice = el('select', { name: 'microphone', 'aria-label': t('audio.device'), onchange: () => actions()?.chooseDevice(choice.value) });
  const options = keyedList(choice, (/** @type {{id: string, label: string, chosen: boolean}} */ device) => device.id, (device) => {
    const element = el('option', { value: device.id }, device.label);
    return { element, update: ({ chosen }) => void (element.selected = chosen) };
  });
  const element = el('div', { class: 'audio-test' }, meter, choice, el('p', { class: 'account-hint' }, t('audio.echo')));
  return {
    element,
    /** @param {Model} model */
    update({ audio }) {
      show(element, audio?.level !== undefined);
      meter.value = audio?.level ?? 0;
      options(audio?.devices ?? []);
    },
  };
}

/** @param {Context} context */
export function createAudioBar(context) {
  const { t } = context;
  /** @type {Model['audio']} */
  let audio;
  const words = el('span', { class: 'audio-words', role: 'status' });
  const quality = el('span', { class: 'audio-quality' });
  const actWords = el('span', {});
  const act = el('button', { type: 'button', class: 'button neutral', 'data-act': 'act', onclick: () => {
    const known = actOf(audio)?.act;
    if (known === 'use' || known === 'showWindow') audio?.actions[known]();
    else audio?.actions.pickUp();
  } }, actWords);
  const testWords = el('span', {});
  const test = el('button', { type: 'button', class: 'link', 'data-act': 'test', onclick: () => audio?.actions.test(audio.level === undefined) }, testWords);
  const trial = createTest(context, () => audio?.actions);
  const element = el('section', { class: 'audio', 'aria-label': t('audio.label') },
    el('div', { class: 'audio-line' }, words, quality, act, test), trial.element);
  return {
    element,
    /** @param {Model} model */
    update(model) {
      audio = model.audio;
      show(element, audio !== undefined && (model.stage === 'live' || model.stage === 'offline'));
      if (!audio) return;
      const { state, trouble } = audio;
      const answers = state === 'ringing' && audio.why === 'inbound' && !(model.view && isGuest(model.view));
      setData(element, 'audio', state);
      setText(words, t(state === 'trouble' ? `audio.trouble.${trouble}` : `audio.${state}`));
      setText(quality, audio.quality ? t(`audio.quality.${audio.quality}`) : '');
      setData(quality, 'quality', audio.quality ?? '');
      show(quality, state === 'talking' && audio.quality !== undefined);
      // An inbound call is answered on its own card, which a page of another surface does not show.
      show(act, state in ACTS && !answers);
      setText(actWords, t(actOf(audio)?.word ?? 'audio.again'));
      show(test, state === 'ready');
      setText(testWords, t(audio.level === undefined ? 'audio.test' : 'audio.testEnd'));
      trial.update(model);
    },
  };
}
