/** The microphone test: its level, and what others hear, a second later. */

/** @import {Page} from './page.js' */
/** @import {createMicrophone} from './microphone.js' */

const TICK_MS = 100;
const ECHO_SECONDS = 1;

/** How loud these samples are, from 0 to 1. @param {Float32Array} samples from -1 to 1 */
export function levelOf(samples) {
  const power = samples.reduce((sum, one) => sum + one * one, 0) / Math.max(1, samples.length);
  // Speech has about 0.02 to 0.3; the level is in decibels, as ears perceive it.
  return power === 0 ? 0 : Math.min(1, Math.max(0, 1 + Math.log10(power) / 6));
}

/** @type {(() => void)|null} */
let running = null;

/** @param {Page} page @param {ReturnType<typeof createMicrophone>} microphone @param {boolean} on */
export async function testMicrophone(page, microphone, on) {
  running?.();
  running = null;
  if (!on) return;
  const stream = await microphone.take();
  const context = new AudioContext();
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  const echo = new DelayNode(context, { delayTime: ECHO_SECONDS, maxDelayTime: ECHO_SECONDS });
  source.connect(analyser);
  source.connect(echo).connect(context.destination);
  const samples = new Float32Array(analyser.fftSize);
  const devices = await microphone.devices();
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    show(levelOf(samples));
  }, TICK_MS);
  /** @param {number|undefined} level */
  function show(level) {
    if (page.model.audio) page.model.audio = { .../** @type {any} */ (page.model.audio), level, devices };
    page.render();
  }
  running = () => {
    clearInterval(timer);
    void context.close();
    if (page.model.audio?.state !== 'talking') microphone.release();
    show(undefined);
  };
}
