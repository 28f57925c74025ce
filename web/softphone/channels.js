/**
 * Lightning Message Service: other components hear what the call does, and may ask for one.
 *
 * Only by the `subscription` of its own answer does the library forget a listener. Until it has, who
 * has signed out is deaf; and a message that two listeners bring is one message.
 */

/** @import {Driver, RecordRef, View} from './types.js' */

/**
 * @param {Pick<Driver, 'publish'|'subscribe'|'unsubscribe'>} driver
 * @param {(number: string, record: RecordRef|null, params: string) => void} dial
 */
export function createChannels(driver, dial) {
  let published = '';
  let wanted = '';
  /** What the library listens to for us, and by what it forgets that. @type {{channel: string, subscription: unknown}|null} */
  let standing = null;
  let busy = false;
  /** @type {unknown} */
  let latest;

  /** @param {any} message @returns {void} */
  function hear(message) {
    if (!wanted || (Object(message) === message && message === latest)) return;
    latest = message;
    const { type, kind, number, recordId, recordName, objectType, params } = Object(message);
    if ((kind ?? type) !== 'dial' || typeof number !== 'string' || number === '' || number.length > 255) return;
    const record = recordId ? { id: String(recordId), name: String(recordName ?? ''), object_type: String(objectType ?? '') } : null;
    dial(number, record, typeof params === 'string' ? params : '');
  }

  /** One question at a time, until what stands is what is wanted, or Salesforce refuses. */
  async function settle() {
    if (busy || (standing?.channel ?? '') === wanted) return;
    busy = true;
    const done = standing ? await leave(standing) : await join(wanted);
    busy = false;
    if (done) await settle();
  }
  /** @param {string} channel */
  async function join(channel) {
    const outcome = await driver.subscribe(channel, hear);
    if (outcome.ok) standing = { channel, subscription: outcome.value };
    return outcome.ok;
  }
  /** @param {{channel: string, subscription: unknown}} known */
  async function leave({ channel, subscription }) {
    const outcome = await driver.unsubscribe(channel, subscription);
    if (outcome.ok) standing = null;
    return outcome.ok;
  }

  return {
    /** A refused one is asked for again with the next connection. @param {string} channel empty: none */
    listen(channel) {
      if (!channel) return;
      wanted = channel;
      void settle();
    },
    stop() {
      wanted = '';
      void settle();
    },
    /** Every change of a call, once. @param {string} channel @param {View} view */
    tell(channel, view) {
      const call = view.calls.find(({ state }) => state === view.state) ?? view.wrapups[0];
      const message = {
        kind: 'state', type: 'state', state: view.state, callId: call?.call_id ?? '', direction: call?.direction ?? '',
        number: call?.number ?? '', calledNumber: call?.called_number ?? '', params: call?.params ?? '',
        recordId: call?.record?.id ?? '', recordName: call?.record?.name ?? '', objectType: call?.record?.object_type ?? '',
      };
      const print = JSON.stringify(message);
      if (!channel || print === published) return;
      published = print;
      void driver.publish(channel, message);
    },
  };
}
