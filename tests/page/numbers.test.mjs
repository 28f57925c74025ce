/** Typed numbers are grouped for the eye and never changed for the ear. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { formatTyped, matchDirectory, initials, matchRecent } from '../../web/softphone/numbers.js';

test('North American numbers are grouped as they grow', () => {
  assert.equal(formatTyped('202555'), '202555');
  assert.equal(formatTyped('2025550'), '202-5550');
  assert.equal(formatTyped('2025550101'), '(202) 555-0101');
  assert.equal(formatTyped('12025550101'), '1 (202) 555-0101');
  assert.equal(formatTyped('+12025550101'), '+1 (202) 555-0101');
});

test('everything else stays as it was typed', () => {
  for (const text of ['+442079460018', '1001', '*67', '911', '2025550101 x204', '2025550101,,5', 'Grace', '020255501011', '']) {
    assert.equal(formatTyped(text), text);
  }
});

test('elsewhere only numbers with a plus can be North American', () => {
  for (const [text, code] of /** @type {[string, number][]} */ ([['0123456789', 33], ['612345678', 34], ['0301234567', 49], ['13812345678', 86]])) {
    assert.equal(formatTyped(text, code), text);
  }
  assert.equal(formatTyped('+12025550101', 33), '+1 (202) 555-0101');
});

test('grouping never adds or loses a digit, and is stable', () => {
  for (let length = 1; length < 15; length++) {
    for (const plus of ['', '+', '+1']) {
      const typed = plus + '23456789012345'.slice(0, length);
      const shown = formatTyped(typed);
      assert.equal(shown.replace(/[^\d+]/g, ''), typed);
      assert.equal(formatTyped(shown), shown);
    }
  }
});

test('recent calls are found by a part of the name or of the number', () => {
  const row = (/** @type {string} */ name, /** @type {string} */ number) =>
    /** @type {any} */ ({ call_id: name, name, number });
  const rows = [row('Grace Okafor', '+12025550101'), row('Bruno Silva', '+12025550102')];
  const names = (/** @type {string} */ query) => matchRecent(rows, query).map((found) => found.name);
  assert.deepEqual(names('OKA'), ['Grace Okafor']);
  assert.deepEqual(names('555-0102'), ['Bruno Silva']);
  assert.deepEqual(names(''), ['Grace Okafor', 'Bruno Silva']);
  assert.deepEqual(names('zz'), []);
});

test('initials are two letters of any alphabet, and none for a number', () => {
  assert.equal(initials('Grace van der Okafor'), 'GO');
  assert.equal(initials('Øyvind'), 'Ø');
  assert.equal(initials('田中 美'), '田美');
  assert.equal(initials('+1 202-555-0101'), '');
});

test('the directory is found by name and by digits, and shows nothing unasked', () => {
  const desk = { name: 'Service desk', number: '+1 202-555-0171', description: 'Day and night' };
  const numbers = (/** @type {string} */ query) => matchDirectory([desk], query).map(({ number }) => number);
  assert.deepEqual([numbers('SERV'), numbers('0171'), numbers('0199'), numbers(' ')], [[desk.number], [desk.number], [], []]);
});
