/**
 * Lightning Message Service: other components hear what the call does, and may ask for one.
 *
 * Only by the `subscription` of its own answer does the library forget a listener. Until it has, who
 * has signed out is deaf; and a message that two listeners bring is one message.
 */

/** @import {Driver, RecordRef, View} from './types.js' */

/** @typedef {(number: string, record: RecordRef|null, params: string) => void} Dial */

/** A wish to dial, if that is what a message is. @param {any} message @param {Dial} dial */
function dialBy(message, dial) {
  const { type, kind, number, recordId, recordName, objectType, params } = Object(message);
  if ((kind ?? type) !== 'dial' || typeof number !== 'string' || number === '' || number.length > 255) return;
  const record = recordId ? { id: String(recordId), name: String(recordName ?? ''), object_type: String(objectType ?? '') } : null;
  dial(number, record, typeof params === 'string' ? params : '');
}

class Channels {
  #published = '';
  #wanted = '';
  /** What the library listens to for us, and by what it forgets that. @type {{channel: string, subscription: unknown}|null} */
  #standing = null;
  #busy = false;
  /** @type {unknown} */
  #latest;
  #driver;
  #dial;

  /** @param {Pick<Driver, 'publish'|'subscribe'|'unsubscribe'>} driver @param {Dial} dial */
  constructor(driver, dial) {
    this.#driver = driver;
    this.#dial = dial;
  }

  /** A refused one is asked for again with the next connection. @param {string} channel empty: none */
  listen(channel) {
    if (!channel) return;
    this.#wanted = channel;
    void this.#settle();
  }
  stop() {
    this.#wanted = '';
    void this.#settle();
  }
  /** Every change of a call, once. @param {string} channel @param {View} view */
  tell(channel, view) {
    const call = view.calls.find(({ state }) => state === view.state) ?? view.wrapups[0];
    const message = {
      kind: 'state', type: 'state', state: view.state, callId: call?.call_id ?? '', direction: call?.direction ?? '',
      number: call?.number ?? '', calledNumber: call?.called_number ?? '', params: call?.params ?? '',
      recordId: call?.record?.id ?? '', recordName: call?.record?.name ?? '', objectType: call?.record?.object_type ?? '',
    };
    const print = JSON.stringify(message);
    if (!channel || print === this.#published) return;
    this.#published = print;
    void this.#driver.publish(channel, message);
  }

  /** @param {any} message */
  #hear(message) {
    if (!this.#wanted || (Object(message) === message && message === this.#latest)) return;
    this.#latest = message;
    dialBy(message, this.#dial);
  }
  /** One question at a time, until what stands is what is wanted, or Salesforce refuses. */
  async #settle() {
    if (this.#busy || (this.#standing?.channel ?? '') === this.#wanted) return;
    this.#busy = true;
    const done = this.#standing ? await this.#leave(this.#standing) : await this.#join(this.#wanted);
    this.#busy = false;
    if (done) await this.#settle();
  }
  /** @param {string} channel */
  async #join(channel) {
    const outcome = await this.#driver.subscribe(channel, (message) => this.#hear(message));
    if (outcome.ok) this.#standing = { channel, subscription: outcome.value };
    return outcome.ok;
  }
  /** @param {{channel: string, subscription: unknown}} known */
  async #leave({ channel, subscription }) {
    const outcome = await this.#driver.unsubscribe(channel, subscription);
    if (outcome.ok) this.#standing = null;
    return outcome.ok;
  }
}

/** @param {Pick<Driver, 'publish'|'subscribe'|'unsubscribe'>} driver @param {Dial} dial */
export const createChannels = (driver, dial) => new Channels(driver, dial);
