/**
 * What an admin sees when they open the connector's address in a tab. Salesforce loads the connector
 * invisibly, so if something is wrong, its dial pad merely stays gray.
 */

import { fetchSettings } from '../softphone/session.js';
import { createClasses } from './classes.js';

/** @typedef {{held: boolean, text: string}} Finding */

/**
 * @param {{lib: any, org: string, origins: string[], settings: import('../softphone/types.js').PageSettings|null, here: Location}} seen
 * @returns {Finding[]}
 */
export function findings({ lib, org, origins, settings, here }) {
  const at = here.origin + here.pathname;
  return [
    lib?.initializeConnector
      ? { held: true, text: `Salesforce's connector library is loaded (layout of version ${createClasses(lib).layout}).` }
      : { held: false, text: "Salesforce's connector library did not load. Check SOFTPHONE_VOICE_LIBRARY and the browser's console." },
    settings
      ? { held: true, text: 'The adapter answers.' }
      : { held: false, text: `The adapter does not answer at ${here.origin}.` },
    !settings || settings.public_origin === here.origin
      ? { held: true, text: 'This is the adapter\'s public address.' }
      : { held: false, text: `Nobody can sign in here: SOFTPHONE_PUBLIC_URL is ${settings.public_origin}. Correct it, or the vendor info.` },
    here.protocol === 'https:'
      ? { held: true, text: 'The address is https.' }
      : { held: false, text: 'Salesforce loads only https. Put a TLS proxy in front of the adapter.' },
    { held: origins.length > 0, text: origins.length > 0
      ? `Org ${org} may show this page from ${origins.join(', ')}. Another address in the browser's address bar must be added to SOFTPHONE_ORG_ORIGINS.`
      : `No address of org ${org} is set: set SOFTPHONE_ORG_ORIGINS.` },
    { held: true, text: `If the dial pad stays gray: the vendor info's connectorUrl must be ${at}, the adapter's address a trusted URL, and the agent in the contact center with the permission sets.` },
  ];
}

/** @param {any} lib @param {string} org @param {string[]} origins */
export async function explain(lib, org, origins) {
  const settings = await fetchSettings(origins[0] ?? '');
  const list = document.createElement('ul');
  for (const { held, text } of findings({ lib, org, origins, settings, here: location })) {
    const item = document.createElement('li');
    item.textContent = `${held ? '✓' : '✗'} ${text}`;
    list.append(item);
  }
  const intro = document.createElement('p');
  intro.textContent = 'This is the connector for Salesforce Voice. Salesforce loads it invisibly beside its own phone.';
  document.body.append(intro, list);
}
