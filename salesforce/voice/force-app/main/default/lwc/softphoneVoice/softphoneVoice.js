import { LightningElement, api, wire } from 'lwc';
import { CurrentPageReference, NavigationMixin } from 'lightning/navigation';

const SCHEMES = ['https:', 'http:'];
const RECORD_ID = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/;
const MARK = 'softphone';

/**
 * Shows the softphone's page for what Salesforce's own phone has no form for. The page talks to its
 * server itself. This component only reports the record in view, and opens records.
 */
export default class SoftphoneVoice extends NavigationMixin(LightningElement) {
  /** The softphone's address, which the admin sets. */
  @api softphoneUrl;

  reference;

  @wire(CurrentPageReference)
  moved(reference) {
    this.reference = reference;
    this.tell();
  }

  get url() {
    try {
      const url = new URL(this.softphoneUrl);
      return SCHEMES.includes(url.protocol) ? url : null;
    } catch {
      return null;
    }
  }

  get address() {
    const { url } = this;
    if (!url) return undefined;
    url.searchParams.set('mode', 'voice');
    url.searchParams.set('sfdcIframeOrigin', window.location.origin);
    return url.href;
  }

  get page() {
    return this.refs?.frame?.contentWindow ?? null;
  }

  heard = ({ source, origin, data }) => {
    if (!source || source !== this.page || origin !== this.url?.origin) return;
    if (data?.[MARK] === 'hello') this.tell();
    if (data?.[MARK] === 'open' && RECORD_ID.test(data.recordId)) {
      const attributes = { recordId: data.recordId, actionName: 'view' };
      this[NavigationMixin.Navigate]({ type: 'standard__recordPage', attributes });
    }
  };

  tell() {
    const { recordId, objectApiName } = this.reference?.attributes ?? {};
    const viewed = { [MARK]: 'viewed', recordId: recordId ?? '', objectType: objectApiName ?? '' };
    if (this.url) this.page?.postMessage(viewed, this.url.origin);
  }

  connectedCallback() {
    window.addEventListener('message', this.heard);
  }

  disconnectedCallback() {
    window.removeEventListener('message', this.heard);
  }
}
