/** Two stand-ins for Salesforce beside each other: the same agent, the same adapter. */

import { byId } from '../dom.js';

const { beside } = await (await fetch('/omni-config.json')).json();
const agent = new URLSearchParams(location.search).get('agent');
/** @param {string} id @param {string} address */
function show(id, address) {
  const url = new URL(address);
  if (agent) url.searchParams.set('agent', agent);
  /** @type {HTMLIFrameElement} */ (byId(id)).src = url.href;
}
show('open-cti', beside);
if (agent) show('voice', location.origin);
