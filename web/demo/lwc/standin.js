/**
 * In the place of the compiled components, which a demo without Node.js cannot compile: the same
 * logic (host.js and wire.js of softphoneHost), and an iframe as its template has it.
 */

import { make } from '../dom.js';
import { UTILITY_ID } from './platform.js';

/** @import {Platform} from './platform.js' */

const SOURCE = new URL('../softphoneHost/', import.meta.url).href;

/** @param {HTMLElement} home @param {string} address @param {Platform} platform */
export async function mountHost(home, address, platform) {
  const [{ createHost }, { createWire }] = await Promise.all(['host.js', 'wire.js'].map((file) => import(SOURCE + file)));
  const frame = make('iframe', '');
  const utility = Object.fromEntries(Object.entries(platform.utilityBar).map(([name, method]) => [name, (/** @type {any} */ attributes) => method(UTILITY_ID, attributes)]));
  const url = new URL(address);
  url.searchParams.set('mode', 'lwc');
  url.searchParams.set('sfdcIframeOrigin', location.origin);
  const host = createHost(createWire, {
    frame: () => frame.contentWindow, origin: url.origin, utility, apex: platform.apex, navigate: platform.navigate,
    encodeDefaultFieldValues: platform.encodeDefaultFieldValues,
    refresh: (/** @type {string[]} */ ids) => platform.notifyRecordUpdateAvailable(ids.map((recordId) => ({ recordId }))),
    publish: platform.messages.publish,
  });
  platform.messages.subscribe(host.heard);
  platform.onMoved(host.viewed);
  window.addEventListener('message', host.receive);
  frame.title = 'Softphone';
  frame.allow = 'microphone; autoplay';
  frame.src = url.href;
  home.append(frame);
}
