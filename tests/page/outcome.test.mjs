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

test('a success and a refusal are recognized; any other answer is unclear', () => {
  for (const success of [true, 'true']) assert.deepEqual(readReply({ success, returnValue: 1, errors: null }), { ok: true, value: 1 });
  const unclear = (/** @type {any} */ reply) => Reflect.get(readReply(reply), 'isUnclear') ?? false;
  const refusals = [{ success: false }, { success: 'false', errors: null }, { errors: [{ code: 'X' }] }];
  assert.deepEqual(refusals.map((reply) => [readReply(reply).ok, unclear(reply)]), refusals.map(() => [false, false]));
  const odd = [undefined, null, {}, 7, '{}', { success: 1, errors: [] }, { returnValue: {} }];
  assert.deepEqual(odd.map((reply) => [readReply(reply).ok, unclear(reply)]), odd.map(() => [false, true]));
});

test('an error in the shape of the other experience is a refusal with its words', () => {
  const outcome = readReply({ result: false, error: 'INSUFFICIENT_ACCESS: no' });
  assert.deepEqual(outcome, { ok: false, errors: [{ code: 'INSUFFICIENT_ACCESS', message: 'INSUFFICIENT_ACCESS: no' }], timedOut: false });
});

test('an empty entry among the errors does not affect the others', () => {
  const details = { fieldErrors: { Subject: [null, { message: 'No.' }], Type: null }, pageErrors: [null, { message: 'Nor this.' }] };
  const [told] = normaliseErrors([{ code: 'X', details }]);
  assert.match(told?.message ?? '', /No\..*Nor this\./);
});

test('silence ends in a time-out, and says so', async () => {
  const outcome = await timed(() => undefined, 1);
  assert.deepEqual(outcome, { ok: false, errors: [{ code: 'TIMEOUT', message: '' }], timedOut: true });
});

test('a library that throws counts as an answer', async () => {
  const outcome = await timed(() => { throw 'a string'; }, 60_000);
  assert.deepEqual(outcome, { ok: false, errors: [{ code: 'LIBRARY_ERROR', message: 'a string' }], timedOut: false });
});
