/** One page for two stand-ins: Lightning with Open CTI, and under /lwc/ an app without it. */

import { byId } from './dom.js';

async function startWithoutOpenCti() {
  document.title = 'Demo org, without Open CTI';
  byId('note').textContent = 'A stand-in for a Lightning app without Open CTI: the phone is a component of our own.';
  byId('numbers').hidden = false;
  await import('./lwc/page.js');
}

await (location.pathname.startsWith('/lwc/') ? startWithoutOpenCti() : import('./demo.js'));
