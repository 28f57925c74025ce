const Navigate = Symbol('Navigate');
const GenerateUrl = Symbol('GenerateUrl');

/** https://developer.salesforce.com/docs/platform/lwc/guide/use-navigate-basic.html */
export const NavigationMixin = (Base) => class extends Base {
  [Navigate](reference) {
    window.platform.navigate(reference);
  }
  [GenerateUrl]() {
    throw new Error('not used');
  }
};
NavigationMixin.Navigate = Navigate;
NavigationMixin.GenerateUrl = GenerateUrl;

export class CurrentPageReference {
  constructor(callback) {
    this.callback = callback;
  }
  connect() {
    this.forget = window.platform.onMoved(this.callback);
  }
  update() {}
  disconnect() {
    this.forget();
  }
}
