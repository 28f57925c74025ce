const ask = (method) => (id, attributes) => window.platform.utilityBar[method](id, attributes);

export const open = ask('open');
export const getInfo = ask('getInfo');
export const updateUtility = ask('updateUtility');
export const updatePanel = ask('updatePanel');

export class EnclosingUtilityId {
  constructor(callback) {
    this.callback = callback;
  }
  connect() {
    this.callback('12:0');
  }
  update() {}
  disconnect() {}
}
