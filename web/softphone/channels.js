/**
 * Lightning Message Service: other components are told the state of the call, and may request one.
 *
 * The library removes a listener only by the `subscription` from its own answer. Until it has, messages
 * after a sign-out are ignored; a message that reaches two listeners counts once.
 */

/** @import {Driver, RecordRef, View} from './types.js' */

/** @typedef {(number: string, record: RecordRef|null, params: string) => void} Dial */

/** Dial if the message requests it. @param {any} message @param {Dial} dial */
function dialBy(message, dial) {
  const { type, kind, number, recordId, recordName, objectType, params } = Object(message);
  if ((kind ?? type) !== 'dial' || typeof number !== 'string' || number === '' || number.length > 255) return;
  const record = recordId ? { id: String(recordId), name: String(recordName ?? ''), object_type: String(objectType ?? '') } : null;
  dial(number, record, typeof params === 'string' ? params : '');
}

class Channels {
  #published = '';
  #wanted = '';
  /** The channel that the library listens to for us, and the subscription that ends it. @type {{channel: string, subscription: unknown}|null} */
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

  /** A refused subscription is requested again with the next connection. @param {string} channel empty: none */
  listen(channel) {
    if (!channel) return;
    this.#wanted = channel;
    void this.#settle();
  }
  stop() {
    this.#wanted = '';
    void this.#settle();
  }
  /** Publish every change of a call once. @param {string} channel @param {View} view */
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
  /** One request at a time, until the wanted channel is subscribed or Salesforce refuses. */
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
