/**
 * Salesforce's side of the Open CTI wire: messages from the softphone's iframe in, replies and
 * events out, with a way to make replies fail or stay away.
 */

import { METHODS } from './methods.js';
import { failure } from './taskrules.js';

/** @import {ClickPayload, Org, WireMessage, WireResponse} from './types.js' */

const API = { apiVersion: 57, apiType: 'opencti' };

/**
 * @param {{
 *   org: Org, origin: () => string, frame: () => Window|null,
 *   log: (entry: WireMessage) => void, now?: () => number,
 * }} ports `origin`: of the softphone; nobody else is heard
 */
export function createHost({ org, origin, frame, log, now = Date.now }) {
  /** @type {Map<string, number>} methods that a listener was registered for, and how often */
  const listeners = new Map();
  /** @type {Map<string, WireResponse[]>} */
  const failures = new Map();
  /** @type {Map<string, {before: boolean}[]>} */
  const holds = new Map();
  /** @type {{methodName: string, send: () => void}[]} */
  const held = [];

  /** @param {object} message */
  function post(message) {
    log({ direction: 'out', at: now(), message });
    frame()?.postMessage(message, origin());
  }
  /** @param {any} message @returns {WireResponse} */
  function perform({ methodName, args }) {
    const staged = failures.get(methodName)?.shift();
    if (staged) return staged;
    const method = METHODS[methodName];
    if (!method) return failure('INVALID_PARAM', `unknown method ${methodName}`);
    const response = method(args ?? {}, org);
    if (response.success && methodName === 'subscribe') count(`channel/${args.eventName}`, 1);
    if (response.success && methodName === 'unsubscribe') count(`channel/${args.eventName}`, -1);
    return response;
  }
  /** @param {string} name @param {number} more listeners than before */
  function count(name, more) {
    const left = (listeners.get(name) ?? 0) + more;
    if (left > 0) listeners.set(name, left);
    else listeners.delete(name);
  }
  /** @param {any} message */
  function reply(message) {
    const { methodName, callId } = message;
    const hold = holds.get(methodName)?.shift();
    // What is held before its effect happens when it is released, as on a slow server.
    const early = hold?.before ? null : perform(message);
    const send = () => {
      const response = early ?? perform(message);
      if (message.isCallbackRegistered) post({ ...API, methodName, callId, shouldExecuteCallback: true, response });
    };
    if (hold) held.push({ methodName, send });
    else send();
  }
  /** @param {MessageEvent} event */
  function receive({ source, origin: sender, data }) {
    if (!source || source !== frame() || sender !== origin()) return;
    if (data?.apiType !== API.apiType || data.apiVersion !== API.apiVersion) return;
    log({ direction: 'in', at: now(), message: data });
    // A channel's listener counts once the org has agreed to it (perform).
    if (data.isListenerRegistered && data.methodName !== 'subscribe') return count(data.methodName, 1);
    reply(data);
  }

  return {
    receive,
    /** An event for the softphone. @param {string} methodName @param {unknown} payload @returns {boolean} whether anybody listens */
    fire(methodName, payload) {
      if (!listeners.has(methodName)) return false;
      post({ ...API, methodName, shouldExecuteListener: true, response: payload });
      return true;
    },
    /** A message on a Lightning message channel. @param {string} eventName @param {unknown} message @returns {boolean} whether anybody listens */
    channel(eventName, message) {
      if (!listeners.has(`channel/${eventName}`)) return false;
      post({ ...API, methodName: 'subscribe', eventName, shouldExecuteListener: true, response: message });
      return true;
    },
    /** @param {ClickPayload} payload */
    click: (payload) => post({ ...API, methodName: 'onClickToDial', shouldExecuteListener: true, response: payload }),
    /** A new page in the frame: it has registered nothing yet. */
    reset() {
      listeners.clear();
      held.length = 0;
    },
    /** @param {string} methodName @param {WireResponse} response */
    fail(methodName, response) {
      failures.set(methodName, [...(failures.get(methodName) ?? []), response]);
    },
    /** @param {string} methodName @param {{before?: boolean}} [options] */
    hold(methodName, { before = false } = {}) {
      holds.set(methodName, [...(holds.get(methodName) ?? []), { before }]);
    },
    /** Send the held replies of a method after all. @param {string} methodName @returns {number} how many */
    release(methodName) {
      const ready = held.filter((one) => one.methodName === methodName);
      for (const one of ready) {
        held.splice(held.indexOf(one), 1);
        one.send();
      }
      return ready.length;
    },
  };
}
