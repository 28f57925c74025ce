import { LightningElement, api, wire } from 'lwc';
import { CurrentPageReference, NavigationMixin } from 'lightning/navigation';

const SCHEMES = ['https:', 'http:'];
const RECORD_ID = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/;
const MARK = 'softphone';

/**
 * What Salesforce's own phone has no form for: the softphone's page, which speaks with its server by
 * itself. Between it and us is no more than which record is looked at, and which is to be opened.
 */
export default class SoftphoneVoice extends NavigationMixin(LightningElement) {
  /** The softphone's address, as the administrator has set it. */
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
