/** The compiled components in a page: the host in the utility bar, the numbers on the record's page. */
import { createElement } from 'lwc';
import PhoneNumbers from 'c/phoneNumbers';
import SoftphoneHost from 'c/softphoneHost';
import SoftphoneVoice from 'c/softphoneVoice';

/** The component of a Voice Extension, beside Salesforce's own phone. */
export function mountVoice(home, address) {
  const extension = createElement('c-softphone-voice', { is: SoftphoneVoice });
  extension.softphoneUrl = address;
  home.append(extension);
}

export async function mountHost(home, address, platform) {
  const host = createElement('c-softphone-host', { is: SoftphoneHost });
  host.softphoneUrl = address;
  home.append(host);
  platform.onMoved((reference) => {
    document.querySelector('c-phone-numbers')?.remove();
    const { recordId, objectApiName } = reference?.attributes ?? {};
    if (!recordId) return;
    const numbers = createElement('c-phone-numbers', { is: PhoneNumbers });
    Object.assign(numbers, { recordId, objectApiName });
    document.querySelector('#numbers').append(numbers);
  });
}
