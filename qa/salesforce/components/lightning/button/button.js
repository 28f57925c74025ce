import { LightningElement, api } from 'lwc';

export default class Button extends LightningElement {
  @api iconName;
  @api label;
  @api title;
  @api name;
  @api disabled = false;
}
