/*
 * Our own stand-in for Salesforce's Open CTI library for Classic, API 57.0, written from its
 * documented methods: positional arguments, replies of `{result, error}`, results as JSON text.
 * Without its URL parameters every call is dropped without a word, as with the real one. How it
 * talks to the page around it is this demo's own affair.
 */
(function start(window) {
  'use strict';

  const query = new URLSearchParams(window.location.search);
  const origin = query.get('sfdcIFrameOrigin') ?? '';
  const usable = /^https?:\/\//.test(origin) && query.has('nonce');

  /** @type {Map<number, (reply: any) => void>} */
  const callbacks = new Map();
  /** @type {Map<string, ((reply: any) => void)[]>} */
  const listeners = new Map();
  let nextCallId = 0;

  /** @param {string} method @param {unknown[]} args @param {any} callback */
  function send(method, args, callback) {
    if (!usable) return;
    const callId = nextCallId++;
    if (typeof callback === 'function') callbacks.set(callId, callback);
    window.parent.postMessage({ classic: true, method, callId, args }, origin);
  }
  /** A method with that many arguments before its callback. @param {string} method @param {number} count */
  const call = (method, count = 0) => (/** @type {any[]} */ ...all) => send(method, all.slice(0, count), all[count]);
  /** No listener is ever forgotten. @param {string} method */
  const listen = (method) => (/** @type {any} */ listener) => {
    listeners.set(method, [...(listeners.get(method) ?? []), listener]);
    send(method, [], null);
  };

  window.addEventListener('message', ({ origin: sender, data }) => {
    if (sender !== origin || data?.classic !== true) return;
    if (data.event) for (const listener of listeners.get(data.event) ?? []) listener(data.reply);
    const callback = callbacks.get(data.callId);
    callbacks.delete(data.callId);
    callback?.(data.reply);
  });

  const interaction = {
    getPageInfo: call('getPageInfo'),
    isInConsole: call('isInConsole'),
    isVisible: call('isVisible'),
    setVisible: call('setVisible', 1),
    onFocus: listen('onFocus'),
    refreshPage: call('refreshPage'),
    refreshRelatedList: call('refreshRelatedList', 1),
    saveLog: call('saveLog', 2),
    screenPop: call('screenPop', 2),
    searchAndGetScreenPopUrl: call('searchAndGetScreenPopUrl', 3),
    searchAndScreenPop: call('searchAndScreenPop', 3),
    runApex: call('runApex', 3),
    cti: {
      enableClickToDial: call('enableClickToDial'),
      disableClickToDial: call('disableClickToDial'),
      onClickToDial: listen('onClickToDial'),
      getCallCenterSettings: call('getCallCenterSettings'),
      getSoftphoneLayout: call('getSoftphoneLayout'),
      setSoftphoneHeight: call('setSoftphoneHeight', 1),
      setSoftphoneWidth: call('setSoftphoneWidth', 1),
      notifyInitializationComplete: () => send('notifyInitializationComplete', [], null),
      /** The callback stands before the page's number and size. @param {any[]} all */
      getDirectoryNumbers: (...all) => send('getDirectoryNumbers', [all[0], all[1], all[3], all[4]], all[2]),
    },
  };
  const sforce = /** @type {any} */ (window).sforce ?? {};
  sforce.interaction = interaction;
  /** @type {any} */ (window).sforce = sforce;
})(window);
