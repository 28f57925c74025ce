/** The form for a follow-up: what stands in it, and when it may open. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFollowUps, followUpOf } from '../../web/softphone/followup.js';
import { createTranslate } from '../../web/softphone/strings.js';
import { call, view } from './views.mjs';

const t = createTranslate({ 'follow.subject': 'Later: {name}' }, 'en');
const LEAD = { id: '00Q000000000001', name: 'Leo', object_type: 'Lead' };
const ACCOUNT = { id: '001000000000001', name: 'Acme' };

test('it goes to the person and the thing of the call, and holds nothing empty', () => {
  assert.deepEqual(followUpOf(call({ record: LEAD }), t).defaultFieldValues, { Subject: 'Later: Leo', WhoId: LEAD.id });
  assert.deepEqual(followUpOf(call({ record: ACCOUNT }), t).defaultFieldValues, { Subject: 'Later: Acme', WhatId: ACCOUNT.id });
  assert.deepEqual(followUpOf(call({ name: 'x'.repeat(300) }), t).defaultFieldValues.Subject?.length, 255);
  assert.equal(followUpOf(call(), t).entityName, 'Task');
});

test('it waits while a call rings, opens once, and tells when Salesforce refuses', async () => {
  /** @type {unknown[]} */
  const opened = [];
  /** @type {unknown[]} */
  const failed = [];
  const errors = [{ code: 'GENERIC_ERROR', message: 'no' }];
  const forms = createFollowUps({ pop: async (type) => {
    opened.push(type);
    return { ok: false, errors, timedOut: false };
  } }, t, (told) => failed.push(told));
  forms.add(call({ record: LEAD }));
  await forms.follow(view({ calls: [call({ state: 'ringing-inbound' })] }));
  assert.deepEqual(opened, []);
  await forms.follow(view());
  await forms.follow(view());
  assert.deepEqual([opened, failed], [['NEW_RECORD_MODAL'], [errors]]);
});
