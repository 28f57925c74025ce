/**
 * The parameters that Salesforce appended to our address, validated before use.
 *
 * The library is a script loaded from `sfdcIframeOrigin`: an origin that passes here unchecked is
 * script injection. The rule is that of the library, so both accept the same origins.
 */

/** @typedef {{origin: string, surface: 'lightning'|'classic'|'lwc'|'voice'}} Parameters */
/** @typedef {{ok: true, value: Parameters} | {ok: false, code: string}} Verdict */

const SALESFORCE = [
  'force.com',
  'visualforce.com',
  'my-visualforce.com',
  'my-lightning.com',
  'salesforce.com',
  'my-salesforce.com',
  'salesforce.mil',
  'salesforce.ms',
  'crmforce.mil',
  'crmforce.ms',
];
const SALESFORCE_ORIGIN = new RegExp(
  `^https?://[A-Za-z0-9_.-]+\\.(?:${SALESFORCE.join('|').replaceAll('.', '\\.')})(?::\\d+)?$`,
);
const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/**
 * @param {string} origin
 * @param {boolean} allowLoopback true only with the development sign-in
 */
export function isTrustedOrigin(origin, allowLoopback) {
  return SALESFORCE_ORIGIN.test(origin) || (allowLoopback && LOOPBACK_ORIGIN.test(origin));
}

/**
 * Read `location.search`. A repeated parameter is refused, because the library and we might each use a different one.
 * @param {string} search
 * @param {boolean} allowLoopback
 * @returns {Verdict}
 */
export function readParameters(search, allowLoopback) {
  const query = new URLSearchParams(search);
  const lightning = query.getAll('sfdcIframeOrigin');
  const classic = query.getAll('sfdcIFrameOrigin');
  const [origin, second] = [...lightning, ...classic];
  if (!origin) return { ok: false, code: 'no-origin' };
  if (second !== undefined || !isTrustedOrigin(origin, allowLoopback)) {
    return { ok: false, code: 'origin-refused' };
  }
  if (classic.length > 0) return { ok: true, value: { origin, surface: 'classic' } };
  const mode = query.get('mode');
  if (!mode) return { ok: false, code: 'no-mode' };
  return { ok: true, value: { origin, surface: mode === 'lwc' || mode === 'voice' ? mode : 'lightning' } };
}
