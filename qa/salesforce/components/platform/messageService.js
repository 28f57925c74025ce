const CONTEXT = { context: 'of this page' };
export const APPLICATION_SCOPE = { scope: 'application' };

export class MessageContext {
  constructor(callback) {
    this.callback = callback;
  }
  connect() {
    this.callback(CONTEXT);
  }
  update() {}
  disconnect() {}
}

function check(context, channel) {
  if (context !== CONTEXT) throw new Error('no message context');
  if (channel !== 'SoftphoneHost__c') throw new Error(`no message channel ${channel}`);
}

/** https://developer.salesforce.com/docs/platform/lwc/guide/use-message-channel-publish.html */
export function publish(context, channel, message) {
  check(context, channel);
  window.platform.messages.publish(message);
}
export function subscribe(context, channel, listener, options = {}) {
  check(context, channel);
  if (options.scope !== APPLICATION_SCOPE) throw new Error('a utility item hears nothing without APPLICATION_SCOPE');
  return window.platform.messages.subscribe(listener);
}
export function unsubscribe(subscription) {
  subscription.forget();
}
