/** What an admin reads who opens the connector's address in a tab. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';

import { findings } from '../../web/connector/alone.js';

const here = /** @type {Location} */ ({ origin: 'https://phone.example.com', pathname: '/voice/00D000000000001', protocol: 'https:' });
const settings = /** @type {any} */ ({ public_origin: here.origin, sign_in: 'salesforce' });
const lib = { initializeConnector: () => undefined };
const good = { lib, org: '00D000000000001', origins: ['https://acme.lightning.force.com'], settings, here };
const broken = (/** @type {object} */ change) => findings({ ...good, ...change }).filter(({ held }) => !held).map(({ text }) => text);

test('where nothing is wrong here, the address for Salesforce and what is left to check are named', () => {
  const all = findings(good);
  assert.deepEqual(all.filter(({ held }) => !held), []);
  assert.ok(all.some(({ text }) => text.includes('https://acme.lightning.force.com')));
  assert.ok(all.at(-1)?.text.includes('https://phone.example.com/voice/00D000000000001'));
});

test('each mistake has one sentence with the setting or the place to correct', () => {
  /** @type {[object, string][]} */
  const mistakes = [
    [{ lib: undefined }, 'SOFTPHONE_VOICE_LIBRARY'], [{ settings: null }, here.origin], [{ origins: [] }, 'SOFTPHONE_ORG_ORIGINS'],
    [{ settings: { ...settings, public_origin: 'https://other.example.com' } }, 'SOFTPHONE_PUBLIC_URL is https://other.example.com'],
    [{ here: { ...here, protocol: 'http:' } }, 'TLS'],
  ];
  for (const [change, named] of mistakes) {
    const [text, ...more] = broken(change);
    assert.ok(text?.includes(named), named);
    assert.deepEqual(more, []);
  }
});

test('the version is told by the layout of the library that is served', () => {
  const window = Object.assign(globalThis, { window: { addEventListener: () => undefined } });
  const real = createRequire(import.meta.url)('../../node_modules/.voice/4.8.10.cjs');
  assert.ok(window);
  assert.ok(findings({ ...good, lib: real })[0]?.text.includes('4.8'));
});
