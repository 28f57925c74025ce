/** The origin that Salesforce appends decides which script is loaded: nothing else may pass. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { isTrustedOrigin, readParameters } from '../../web/softphone/parameters.js';

const ORG = 'https://acme.lightning.force.com';

/** @param {{[name: string]: string}} values */
const search = (values) => `?${new URLSearchParams(values)}`;

test('every host family of Salesforce is trusted, with a port or without', () => {
  for (const host of ['acme.lightning.force.com', 'a-b_c.my.salesforce.com', 'x.visualforce.com', 'x.crmforce.mil', 'x.salesforce.ms']) {
    assert.ok(isTrustedOrigin(`https://${host}`, false), host);
    assert.ok(isTrustedOrigin(`https://${host}:8443`, false), host);
  }
});

test('whatever only resembles a Salesforce origin is refused', () => {
  const forged = [
    'https://force.com', 'https://evilforce.com', 'https://acme.force.com.evil.example', 'https://acme.force.com/',
    'https://evil.example/.force.com', 'https://evil.example#.force.com', 'https://u:p@acme.force.com',
    'https://acme.forceXcom', 'javascript:alert(1)//.force.com', 'ftp://acme.force.com', 'https://acme.force.com:80x',
    'https://acme.force.com\n', ' https://acme.force.com', 'https://äcme.force.com',
  ];
  for (const origin of forged) assert.ok(!isTrustedOrigin(origin, true), JSON.stringify(origin));
});

test('loopback is trusted with the development sign-in only', () => {
  for (const origin of ['http://127.0.0.1:8081', 'http://localhost', 'http://[::1]:9']) {
    assert.ok(isTrustedOrigin(origin, true), origin);
    assert.ok(!isTrustedOrigin(origin, false), origin);
  }
  assert.ok(!isTrustedOrigin('http://127.0.0.1.evil.example', true));
});

test('a small f means Lightning, a capital F means Classic', () => {
  const lightning = readParameters(search({ mode: 'Lightning', sfdcIframeOrigin: ORG }), false);
  assert.deepEqual(lightning, { ok: true, value: { origin: ORG, surface: 'lightning' } });
  const classic = readParameters(search({ sfdcIFrameOrigin: ORG, nonce: 'n' }), false);
  assert.deepEqual(classic, { ok: true, value: { origin: ORG, surface: 'classic' } });
});

test('each missing or doubled parameter has its own reason', () => {
  assert.deepEqual(readParameters('', false), { ok: false, code: 'no-origin' });
  assert.deepEqual(readParameters('?nonce=1', false), { ok: false, code: 'no-origin' });
  assert.deepEqual(readParameters(search({ sfdcIframeOrigin: ORG }), false), { ok: false, code: 'no-mode' });
  assert.deepEqual(readParameters(search({ mode: '', sfdcIframeOrigin: ORG }), false), { ok: false, code: 'no-mode' });
  const twice = `${search({ mode: 'L', sfdcIframeOrigin: ORG })}&sfdcIframeOrigin=${ORG}`;
  assert.deepEqual(readParameters(twice, false), { ok: false, code: 'origin-refused' });
  const both = search({ mode: 'L', sfdcIframeOrigin: ORG, sfdcIFrameOrigin: ORG });
  assert.deepEqual(readParameters(both, false), { ok: false, code: 'origin-refused' });
});
