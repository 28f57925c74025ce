import { LightningElement, api, wire } from 'lwc';
import { getRecord } from 'lightning/uiRecordApi';

/** The phone of the record in view, to be clicked. */
export default class SoftphoneNumber extends LightningElement {
  /** Salesforce fills in both on a record page. */
  @api recordId;
  @api objectApiName;

  @wire(getRecord, { recordId: '$recordId', optionalFields: '$fields' })
  record;

  /** Optional: an object without this field shows no number, rather than an error. */
  get fields() {
    return this.objectApiName ? [`${this.objectApiName}.Phone`] : undefined;
  }

  get phone() {
    return this.record?.data?.fields?.Phone?.value ?? '';
  }

  /** Goes with the call: `name=value`, parted by commas, hence no comma in a value. */
  get params() {
    return `source=recordPage,object=${this.objectApiName}`;
  }
}
