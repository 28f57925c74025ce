import { LightningElement, api, wire } from 'lwc';
import { APPLICATION_SCOPE, MessageContext, publish, subscribe, unsubscribe } from 'lightning/messageService';
import CHANNEL from '@salesforce/messageChannel/SoftphoneHost__c';
import phonesOf from '@salesforce/apex/SoftphoneHost.phonesOf';
import recordOf from '@salesforce/apex/SoftphoneHost.recordOf';

/** The phone numbers of a record, as call buttons: on its page, or as the action "Call". */
export default class PhoneNumbers extends LightningElement {
  /** Salesforce fills these in on a record page and in an action. */
  @api objectApiName;

  phones = [];
  problem = '';
  loaded = false;
  enabled = false;
  record;
  shown;
  subscription;

  @wire(MessageContext)
  messageContext;

  @api
  get recordId() {
    return this.shown;
  }
  set recordId(id) {
    this.shown = id;
    this.load();
  }

  get disabled() {
    return !this.enabled;
  }

  get isEmpty() {
    return this.loaded && this.phones.length === 0;
  }

  connectedCallback() {
    this.subscription = subscribe(this.messageContext, CHANNEL, (message) => this.heard(message), { scope: APPLICATION_SCOPE });
    publish(this.messageContext, CHANNEL, { kind: 'ask' });
  }

  disconnectedCallback() {
    unsubscribe(this.subscription);
  }

  heard({ kind, enabled }) {
    if (kind === 'dialable') this.enabled = enabled === true;
  }

  /** An answer for a record that is no longer shown is ignored. */
  async load() {
    const recordId = this.shown;
    if (!recordId) return;
    try {
      const [phones, record] = await Promise.all([phonesOf({ recordId }), recordOf({ recordId })]);
      if (recordId !== this.shown) return;
      this.phones = phones;
      this.record = record;
      this.problem = '';
    } catch (thrown) {
      if (recordId === this.shown) this.problem = thrown?.body?.message ?? 'Salesforce did not return the numbers.';
    }
    this.loaded = true;
  }

  call(event) {
    const phone = this.phones.find(({ field }) => field === event.target.name);
    const { recordName, objectType, accountId, contactId, personAccount } = this.record;
    const about = { recordName, objectType, accountId, contactId, personAccount };
    publish(this.messageContext, CHANNEL, { kind: 'click', number: phone.number, recordId: this.shown, ...about });
  }
}
