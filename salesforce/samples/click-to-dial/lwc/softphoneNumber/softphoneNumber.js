import { LightningElement, api, wire } from 'lwc';
import { getRecord } from 'lightning/uiRecordApi';

/** The phone number of the record in view, as a link. */
export default class SoftphoneNumber extends LightningElement {
  /** Salesforce fills in both on a record page. */
  @api recordId;
  @api objectApiName;

  @wire(getRecord, { recordId: '$recordId', optionalFields: '$fields' })
  record;

  /** Optional, so that an object without this field shows no number instead of an error. */
  get fields() {
    return this.objectApiName ? [`${this.objectApiName}.Phone`] : undefined;
  }

  get phone() {
    return this.record?.data?.fields?.Phone?.value ?? '';
  }

  /** Goes with the call: `name=value`, separated by commas, so a value may not contain one. */
  get params() {
    return `source=recordPage,object=${this.objectApiName}`;
  }
}
