/**
 * Lightning Message Service: other components hear what the call does, and may ask for one.
 *
 * The library never forgets a listener, so there is one a page load; who has signed out is deaf.
 */

/** @import {Driver, RecordRef, View} from './types.js' */

/**
 * @param {Pick<Driver, 'publish'|'subscribe'|'unsubscribe'>} driver
 * @param {(number: string, record: RecordRef|null) => void} dial
 */
export function createChannels(driver, dial) {
  let told = '';
  let listening = '';
  let registered = false;

  /** @param {any} message @returns {void} */
  function hear(message) {
    const { type, number, recordId, recordName, objectType } = Object(message);
    if (!listening || type !== 'dial' || typeof number !== 'string' || number === '' || number.length > 255) return;
    dial(number, recordId ? { id: String(recordId), name: String(recordName ?? ''), object_type: String(objectType ?? '') } : null);
  }

  return {
    /** @param {string} channel empty: none */
    listen(channel) {
      if (!channel || listening) return;
      listening = channel;
      void driver.subscribe(channel, registered ? () => undefined : hear);
      registered = true;
    },
    stop() {
      if (listening) void driver.unsubscribe(listening);
      listening = '';
    },
    /** Every change of a call, once. @param {string} channel @param {View} view */
    tell(channel, view) {
      const call = view.calls.find(({ state }) => state === view.state) ?? view.wrapups[0];
      const message = { type: 'state', state: view.state, callId: call?.call_id ?? '', direction: call?.direction ?? '', number: call?.number ?? '', recordId: call?.record?.id ?? '' };
      const print = JSON.stringify(message);
      if (!channel || print === told) return;
      told = print;
      void driver.publish(channel, message);
    },
  };
}
