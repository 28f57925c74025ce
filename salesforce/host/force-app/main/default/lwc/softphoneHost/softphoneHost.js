import { LightningElement, api, wire } from 'lwc';
import { CurrentPageReference, NavigationMixin } from 'lightning/navigation';
import { encodeDefaultFieldValues } from 'lightning/pageReferenceUtils';
import { EnclosingUtilityId, getInfo, open, updatePanel, updateUtility } from 'lightning/platformUtilityBarApi';
import { APPLICATION_SCOPE, MessageContext, publish, subscribe, unsubscribe } from 'lightning/messageService';
import { notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import CHANNEL from '@salesforce/messageChannel/SoftphoneHost__c';
import ask from '@salesforce/apex/SoftphoneHost.ask';
import findCallers from '@salesforce/apex/SoftphoneHost.findCallers';
import phonesOf from '@salesforce/apex/SoftphoneHost.phonesOf';
import recordOf from '@salesforce/apex/SoftphoneHost.recordOf';
import saveCall from '@salesforce/apex/SoftphoneHost.saveCall';
import settings from '@salesforce/apex/SoftphoneHost.settings';
import { createHost } from './host';
import { createWire } from './wire';

const SCHEMES = ['https:', 'http:'];
/** A page that has not greeted by then was blocked by the browser, or its server is down. */
const PATIENCE_MS = 15_000;

/** The softphone in the utility bar, and its connection to Salesforce. */
export default class SoftphoneHost extends NavigationMixin(LightningElement) {
  /** The softphone's address, which the admin sets on the utility item. */
  @api softphoneUrl;

  @wire(MessageContext)
  messageContext;

  @wire(EnclosingUtilityId)
  utilityId;

  host;
  subscription;
  patience;
  silent = false;
  reference;

  @wire(CurrentPageReference)
  moved(reference) {
    this.reference = reference;
    this.host?.viewed(reference);
  }

  /** Tells the page that it is in this component, and which origin is its parent. */
  get address() {
    const url = URL.parse ? URL.parse(this.softphoneUrl) : this.parsed();
    if (!url || !SCHEMES.includes(url.protocol)) return undefined;
    url.searchParams.set('mode', 'lwc');
    url.searchParams.set('sfdcIframeOrigin', window.location.origin);
    return url.href;
  }

  get origin() {
    return new URL(this.address).origin;
  }

  get orgOrigin() {
    return window.location.origin;
  }

  parsed() {
    try {
      return new URL(this.softphoneUrl);
    } catch {
      return null;
    }
  }

  connectedCallback() {
    if (!this.address) return;
    const utility = (method) => (attributes) => method(this.utilityId, attributes);
    this.host = createHost(createWire, {
      frame: () => this.refs.frame?.contentWindow ?? null,
      origin: this.origin,
      utility: { open: utility(open), getInfo: utility(getInfo), updatePanel: utility(updatePanel), updateUtility: utility(updateUtility) },
      apex: { ask, findCallers, phonesOf, recordOf, saveCall, settings },
      navigate: (reference) => this[NavigationMixin.Navigate](reference),
      encodeDefaultFieldValues,
      refresh: (ids) => notifyRecordUpdateAvailable(ids.map((recordId) => ({ recordId }))),
      publish: (message) => publish(this.messageContext, CHANNEL, message),
      onPage: () => this.wait(false),
    });
    this.wait(true);
    this.subscription = subscribe(this.messageContext, CHANNEL, (message) => this.host.heard(message), { scope: APPLICATION_SCOPE });
    window.addEventListener('message', this.host.receive);
    this.host.viewed(this.reference);
  }

  disconnectedCallback() {
    if (!this.host) return;
    window.removeEventListener('message', this.host.receive);
    clearTimeout(this.patience);
    this.host.close();
    unsubscribe(this.subscription);
  }

  /** Without a greeting in time the agent reads what to check. */
  wait(on) {
    clearTimeout(this.patience);
    this.silent = false;
    if (on) this.patience = setTimeout(() => (this.silent = true), PATIENCE_MS);
  }
}
