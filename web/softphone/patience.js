/**
 * Retries Salesforce calls after a transient refusal, with growing waits.
 *
 * Salesforce answers SOFTPHONE_CONTAINER_ERROR while its side of the panel is not ready yet, and any call
 * may meet that once: https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/
 */

/** @import {Driver, Outcome} from './types.js' */

const WAITS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** Nothing was done, so any call may be retried. */
const NOT_READY = ['SOFTPHONE_CONTAINER_ERROR'];
/** Idempotent calls may be retried after these, too. */
const PASSING = [...NOT_READY, 'SERVER_ERROR', 'TIMEOUT'];

/** @param {Outcome<any>} outcome @param {string[]} codes */
const isRefusedForNow = (outcome, codes) => !outcome.ok && outcome.errors.some(({ code }) => codes.includes(code));

/** @param {(run: () => void, ms: number) => void} later */
export function createPatience(later) {
  /** @type {Map<string, number>} the newest call about each subject */
  const newest = new Map();
  /**
   * @template T
   * @param {string} subject a newer call about it replaces one that waits
   * @param {() => Promise<Outcome<T>>} question
   * @param {string[]} [codes]
   * @returns {Promise<Outcome<T>>} the last answer
   */
  return async function ask(subject, question, codes = PASSING) {
    const mine = (newest.get(subject) ?? 0) + 1;
    newest.set(subject, mine);
    let outcome = await question();
    for (const wait of WAITS_MS) {
      if (!isRefusedForNow(outcome, codes)) break;
      await new Promise((resolve) => later(() => resolve(undefined), wait));
      if (newest.get(subject) !== mine) break;
      outcome = await question();
    }
    return outcome;
  };
}

/**
 * The same driver with retries. Left as they are: enabling and
 * disabling (toggle.js has its own rule), saveLog (the go gate's), and reads that the server asks for.
 * @param {Driver} driver
 * @param {(run: () => void, ms: number) => void} [later]
 * @returns {Driver}
 */
export function patientDriver(driver, later = setTimeout) {
  const ask = createPatience(later);
  return {
    ...driver,
    ready: () => ask('ready', driver.ready),
    settings: () => ask('settings', driver.settings),
    layout: () => ask('layout', driver.layout),
    recordInView: () => ask('record', driver.recordInView),
    look: (label, icon) => ask('look', () => driver.look(label, icon)),
    size: (height, width) => ask(`size/${height === null ? 'width' : 'height'}`, () => driver.size(height, width)),
    showPanel: () => ask('panel', driver.showPanel),
    subscribe: (channel, listener) => ask(`channel/${channel}`, () => driver.subscribe(channel, listener), NOT_READY),
    unsubscribe: (channel, subscription) => ask(`channel/${channel}`, () => driver.unsubscribe(channel, subscription), NOT_READY),
    publish: (channel, message) => ask(`publish/${channel}`, () => driver.publish(channel, message), NOT_READY),
    search: (args) => ask(`search/${Reflect.get(args, 'searchParams')}`, () => driver.search(args)),
    popFound: (pop) => ask('pop', () => driver.popFound(pop), NOT_READY),
    pop: (type, params) => ask('pop', () => driver.pop(type, params), NOT_READY),
    completeWork: (workId, attributes) => ask(`work/${workId}`, () => driver.completeWork(workId, attributes), NOT_READY),
  };
}
