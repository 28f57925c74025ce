/*
 * Our own stand-in for Salesforce's Open CTI library for Lightning, API 57.0, written from its
 * documented wire and observed behavior. It keeps the quirks that a softphone has to live with:
 *  - a string is thrown at the start when URL parameters displease it, `sforce.opencti` is there
 *    all the same, and every call is dropped without a word;
 *  - no time-outs, no listener removal, no de-duplication of listeners;
 *  - refreshView({}), enableClickToDial({}) and disableClickToDial({}) throw;
 *  - saveLog's `value` travels as `object`;
 *  - subscribe waits for its reply whether anybody listens to that or not: refused, the listener is
 *    dropped; unsubscribe throws without the `subscription` that this reply has brought.
 * Unlike the real one it accepts a host on loopback, since the demo org lives there.
 */
(function start(window) {
  'use strict';

  const API = { apiVersion: 57, apiType: 'opencti' };
  const HOSTS =
    'force.com|visualforce.com|my-visualforce.com|my-lightning.com|salesforce.com|' +
    'my-salesforce.com|salesforce.mil|salesforce.ms|crmforce.mil|crmforce.ms';
  const TRUSTED = new RegExp(`^https?://[A-Za-z0-9_.-]+\\.(?:${HOSTS.replaceAll('.', '\\.')})(?::\\d+)?$`);
  const LOOPBACK = /^https?:\/\/(?:localhost|127\.0\.0\.1)(?::\d+)?$/;

  const query = new URLSearchParams(window.location.search);
  const origin = query.get('sfdcIframeOrigin') ?? '';
  const usable = Boolean(query.get('mode')) && (TRUSTED.test(origin) || LOOPBACK.test(origin));

  /** @type {Map<number, (response: any) => void>} */
  const callbacks = new Map();
  /** @type {Map<string, ((payload: any) => void)[]>} */
  const listeners = new Map();
  /** What subscribe's replies have brought, and what each stands for. @type {Map<object, {topic: string, eventName: string, listener: any}>} */
  const subscriptions = new Map();
  let nextCallId = 0;

  /** @param {string} methodName @param {object} args @param {any} [callback] @param {any} [listener] @param {string} [topic] */
  function send(methodName, args, callback, listener, topic = methodName) {
    if (!usable) return;
    const callId = nextCallId++;
    if (callback) callbacks.set(callId, callback);
    if (listener) listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
    const isCallbackRegistered = Boolean(callback);
    const isListenerRegistered = Boolean(listener);
    window.parent.postMessage({ methodName, callId, ...API, isCallbackRegistered, isListenerRegistered, args }, origin);
  }

  /** One registration of it. @param {string} topic @param {any} listener */
  function drop(topic, listener) {
    const all = listeners.get(topic) ?? [];
    const at = all.indexOf(listener);
    listeners.set(topic, all.filter((_, index) => index !== at));
  }

  window.addEventListener('message', ({ origin: sender, data }) => {
    if (sender !== origin || data?.apiVersion !== API.apiVersion || data.apiType !== API.apiType) return;
    if (data.shouldExecuteCallback) {
      const callback = callbacks.get(data.callId);
      callbacks.delete(data.callId);
      callback?.(data.response);
    }
    if (data.shouldExecuteListener) {
      const topic = data.eventName ? `channel/${data.eventName}` : data.methodName;
      for (const listener of listeners.get(topic) ?? []) listener(data.response);
    }
  });

  /** Methods that take nothing, or an object that holds a callback. @param {string} name */
  const bare = (name) => (/** @type {any} */ options) => {
    if (options !== undefined && typeof options.callback !== 'function') {
      throw new Error(`${name} takes nothing, or an object that holds a callback`);
    }
    send(name, {}, options?.callback);
  };
  /** @param {string} name */
  const read = (name) => (/** @type {any} */ options = {}) => send(name, {}, options.callback);
  /** @param {string} name @param {string[]} keys */
  const call = (name, keys) => (/** @type {any} */ options = {}) =>
    send(name, Object.fromEntries(keys.map((key) => [key, options[key]])), options.callback);
  /** @param {string} name */
  const listen = (name) => (/** @type {any} */ { listener }) => send(name, {}, undefined, listener);

  const opencti = {
    SCREENPOP_TYPE: {
      URL: 'url', SOBJECT: 'sobject', OBJECTHOME: 'objecthome', LIST: 'list', SEARCH: 'search',
      NEW_RECORD_MODAL: 'newRecord', FLOW: 'flow',
    },
    CALL_TYPE: { INBOUND: 'inbound', OUTBOUND: 'outbound', INTERNAL: 'internal' },
    enableClickToDial: bare('enableClickToDial'),
    disableClickToDial: bare('disableClickToDial'),
    refreshView: bare('refreshView'),
    onClickToDial: listen('onClickToDial'),
    onNavigationChange: listen('onNavigationChange'),
    notifyInitializationComplete: read('notifyInitializationComplete'),
    getCallCenterSettings: read('getCallCenterSettings'),
    getSoftphoneLayout: read('getSoftphoneLayout'),
    getAppViewInfo: read('getAppViewInfo'),
    isSoftphonePanelVisible: read('isSoftphonePanelVisible'),
    /** @param {any} options */
    saveLog: ({ value, callback }) => send('saveLog', { object: value }, callback),
    screenPop: call('screenPop', ['type', 'params']),
    searchAndScreenPop: call('searchAndScreenPop', [
      'searchParams', 'callType', 'queryParams', 'defaultFieldValues', 'deferred', 'params',
    ]),
    setSoftphonePanelVisibility: call('setSoftphonePanelVisibility', ['visible']),
    setSoftphonePanelHeight: call('setSoftphonePanelHeight', ['heightPX']),
    setSoftphonePanelWidth: call('setSoftphonePanelWidth', ['widthPX']),
    setSoftphoneItemLabel: call('setSoftphoneItemLabel', ['label']),
    setSoftphonePanelLabel: call('setSoftphonePanelLabel', ['label']),
    setSoftphoneItemIcon: call('setSoftphoneItemIcon', ['key']),
    setSoftphonePanelIcon: call('setSoftphonePanelIcon', ['key']),
    runApex: call('runApex', ['apexClass', 'methodName', 'methodParams']),
    hvs: {
      onWorkStart: listen('onWorkStart'),
      completeWork: call('completeWork', ['workId', 'attributes']),
    },
    /** @param {any} options */
    subscribe({ channelName, listener, callback }) {
      const topic = `channel/${channelName}`;
      const answered = (/** @type {any} */ response) => {
        if (!response?.success) drop(topic, listener);
        else if (response.subscription) subscriptions.set(response.subscription, { topic, eventName: channelName, listener });
        callback?.(response);
      };
      send('subscribe', { eventName: channelName, subscription: {} }, answered, listener, topic);
    },
    /** @param {any} options */
    unsubscribe({ subscription, callback }) {
      const known = subscriptions.get(subscription);
      if (!known) throw new Error('unsubscribe wants the subscription that subscribe has answered with');
      subscriptions.delete(subscription);
      drop(known.topic, known.listener);
      send('unsubscribe', { eventName: known.eventName }, callback);
    },
    /** @param {any} options */
    publish: ({ channelName, message, callback }) => send('publish', { eventName: channelName, message }, callback),
  };

  const sforce = /** @type {any} */ (window).sforce ?? {};
  sforce.opencti = opencti;
  /** @type {any} */ (window).sforce = sforce;

  // A string on purpose: that is what the real library throws.
  if (!usable) throw 'Open CTI: the URL parameters mode and sfdcIframeOrigin are missing or not allowed.';
})(window);
