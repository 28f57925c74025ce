/** The conditions for a softphone, checked one after the other. */

import { loadLibrary } from './library.js';
import { lightningDriver } from './lightning.js';
import { makeId } from './page.js';
import { readParameters } from './parameters.js';
import { patientDriver } from './patience.js';
import { fetchSettings, fetchTicket, signInByName } from './session.js';

/** @import {Ticket} from './session.js' */
/** @import {Driver, PageSettings} from './types.js' */

/** @typedef {{ok: true, driver: Driver, settings: PageSettings, origin: string, ticket: Promise<Ticket>}
 *   | {ok: false, code: string, detail: string}} Start */

// These may pass without help: a third party's server, or a host that is still loading.
const PASSING = ['server-unreachable', 'library-missing', 'library-slow', 'library-silent', 'host-silent'];

// A page runs in one experience. Most run in Lightning, and the other drivers share parts of its driver.
const DRIVERS = {
  classic: async () => (await import('./classic.js')).classicDriver,
  lightning: async () => lightningDriver,
  lwc: async () => (await import('./lwc.js')).lwcDriver,
  voice: async () => (await import('./voice.js')).voiceDriver,
};

/** Our own components have no library: they are spoken to directly. @param {string} origin @param {'lwc'|'voice'} surface @returns {Promise<any>} */
async function reachOurHost(origin, surface) {
  if (surface === 'voice') return { ok: true, api: origin };
  const { reachHost } = await import('./hostport.js');
  return reachHost(origin, makeId());
}

/** The first ticket, while the library is still on its way. @param {PageSettings} settings @param {string} origin @param {string|null} demoAgent */
async function firstTicket(settings, origin, demoAgent) {
  if (settings.sign_in === 'dev' && demoAgent) await signInByName(demoAgent);
  return fetchTicket(origin);
}

/** @param {string} code */
export const mayPass = (code) => PASSING.includes(code);

/** @param {string} code @returns {Start} */
const blocked = (code, detail = '') => ({ ok: false, code, detail });

/**
 * @param {string} search `location.search` as Salesforce made it
 * @returns {Promise<Start>}
 */
export async function startUp(search) {
  const query = new URLSearchParams(search);
  const claimed = query.get('sfdcIframeOrigin') ?? query.get('sfdcIFrameOrigin') ?? '';
  const settings = await fetchSettings(claimed);
  if (!settings) return blocked('server-unreachable', location.origin);
  // Sign-ins are good for the public address alone.
  if (settings.public_origin !== location.origin) return blocked('wrong-address', `${location.origin} ≠ ${settings.public_origin}`);
  const parameters = readParameters(search, settings.loopback_allowed);
  if (!parameters.ok) return blocked(parameters.code, claimed);
  const { origin, surface } = parameters.value;
  if (!settings.allowed_origin) return blocked('origin-not-allowed', origin);
  const ticket = firstTicket(settings, origin, query.get('demo_agent'));
  const loading = DRIVERS[surface]().catch(() => null);
  const library = await (surface === 'lwc' || surface === 'voice' ? reachOurHost(origin, surface) : loadLibrary(origin, settings.api_version, surface));
  const makeDriver = await loading;
  if (!makeDriver) return blocked('server-unreachable', location.origin);
  if (!library.ok) return blocked(library.code, library.detail || origin);
  const driver = makeDriver(library.api);
  const first = await driver.probe();
  // Any answer will do, a refusal too: it proves that somebody listens.
  if (!first.ok && first.timedOut) return blocked(surface === 'lwc' ? 'host-silent' : 'library-silent', origin);
  return { ok: true, driver: patientDriver(driver), settings, origin, ticket };
}
