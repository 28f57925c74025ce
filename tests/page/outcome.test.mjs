/** Open CTI's answers come in several shapes; the page knows one. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { normaliseErrors, readReply, savedId, timed } from '../../web/softphone/outcome.js';

const FIELD = { message: 'failed', pageErrors: [], fieldErrors: { Subject: [{ statusCode: 'STRING_TOO_LONG', message: 'too long', fieldLabel: 'Subject' }] } };

test('an id comes as recordId or as the value itself, or not at all', () => {
  assert.equal(savedId({ recordId: '00T1' }), '00T1');
  assert.equal(savedId('00T1'), '00T1');
  for (const nothing of [null, undefined, '', {}, 7, { recordId: null }]) assert.equal(savedId(nothing), undefined);
});

test('details as an object and as an array give the same words', () => {
  const errors = [FIELD, [FIELD]].map((details) => normaliseErrors([{ code: 'GENERIC_ERROR', description: 'd', details }]));
  assert.deepEqual(errors.map(([error]) => error?.message), ['Subject: too long', 'Subject: too long']);
});

test('Salesforce\'s own sentence goes before "see the details"', () => {
  const details = { message: 'You are creating a duplicate.', pageErrors: [], fieldErrors: {}, potentialDuplicates: [{ Name: 'Grace' }] };
  const [error] = normaliseErrors([{ code: 'GENERIC_ERROR', description: 'Review the Details field in the error section.', details }]);
  assert.deepEqual(error, { code: 'GENERIC_ERROR', message: 'You are creating a duplicate.', details });
});

test('page errors speak too', () => {
  const [error] = normaliseErrors([{ code: 'GENERIC_ERROR', details: { pageErrors: [{ statusCode: 'X', message: 'A rule says no.' }] } }]);
  assert.equal(error?.message, 'A rule says no.');
});

test('a single error, a text, and no reason at all are errors too', () => {
  assert.deepEqual(normaliseErrors({ code: 'INVALID_PARAM', description: 'bad' }), [{ code: 'INVALID_PARAM', message: 'bad' }]);
  assert.deepEqual(normaliseErrors('oops'), [{ code: 'GENERIC_ERROR', message: 'oops' }]);
  assert.deepEqual(normaliseErrors(null), [{ code: 'GENERIC_ERROR', message: '' }]);
});

test('only success: true is a success', () => {
  assert.deepEqual(readReply({ success: true, returnValue: 1, errors: null }), { ok: true, value: 1 });
  for (const reply of [undefined, null, {}, { success: 'true' }, { success: false }]) assert.equal(readReply(reply).ok, false);
});

test('silence ends in a time-out, and says so', async () => {
  const outcome = await timed(() => undefined, 1);
  assert.deepEqual(outcome, { ok: false, errors: [{ code: 'TIMEOUT', message: '' }], timedOut: true });
});

test('a library that throws has answered', async () => {
  const outcome = await timed(() => { throw 'a string'; }, 60_000);
  assert.deepEqual(outcome, { ok: false, errors: [{ code: 'LIBRARY_ERROR', message: 'a string' }], timedOut: false });
});
