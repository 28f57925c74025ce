import { strict as assert } from 'node:assert';
import test from 'node:test';

import { availabilityOf, noteOf } from '../../web/softphone/availability.js';

/** @import {Availability, Model} from '../../web/softphone/types.js' */

/** @type {(status: Availability['status'], applied: Availability['applied'], can?: {[action: string]: boolean}) => string} */
const note = (status, applied, can = {}) => noteOf({ status, applied, reason: '', since: 0 }, can);

test('a server of the previous release reports no availability: then nobody is away', () => {
  assert.equal(availabilityOf(/** @type {Model} */ ({ view: null })).status, 'available');
});

test('what the phone system does as it was asked needs no word, but for phones that stay silent', () => {
  assert.equal(note('away', 'done'), '');
  assert.equal(note('away', 'asked'), '');
  assert.equal(note('available', ''), '');
  assert.equal(note('do-not-disturb', 'done'), 'availability.silent');
  assert.equal(note('do-not-disturb', 'done', { click_in_silence: true }), 'availability.callers');
  assert.equal(note('away', 'done', { click_in_silence: true }), '');
});

test('what the phone system does not do is said, whatever was chosen', () => {
  assert.equal(note('away', 'shown'), 'availability.shown');
  assert.equal(note('do-not-disturb', 'shown'), 'availability.shown');
  for (const fate of /** @type {const} */ (['refused', 'unknown'])) {
    assert.equal(note('available', fate), `availability.${fate}`);
    assert.equal(note('do-not-disturb', fate), `availability.${fate}`);
  }
});
