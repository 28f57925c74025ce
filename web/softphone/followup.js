/**
 * A follow-up task beside the call's own: Salesforce's form for a new task, filled in as far as known.
 *
 * The agent may save it or not. It opens when nothing rings, because it would cover the answer button.
 */

import { linksOf } from './links.js';
import { whoIs } from './numbers.js';
import { unmarked } from './strings.js';

/** @import {CallCard, CtiError, Driver, Translate, View} from './types.js' */

/** @param {Pick<CallCard, 'record'|'draft'|'name'|'display'>} card @param {Translate} t */
export function followUpOf(card, t) {
  const { who, what } = linksOf(card);
  const values = { Subject: unmarked(t('follow.subject', { name: whoIs(card) })).slice(0, 255), WhoId: who?.id, WhatId: what?.id };
  const defaultFieldValues = Object.fromEntries(Object.entries(values).filter(([, value]) => value));
  return { entityName: 'Task', defaultFieldValues };
}

/** @param {Pick<Driver, 'pop'>} driver @param {Translate} t @param {(errors: CtiError[]) => void} onFailed */
export function createFollowUps(driver, t, onFailed) {
  /** @type {object[]} */
  const waiting = [];
  let open = false;
  return {
    /** @param {Pick<CallCard, 'record'|'draft'|'name'|'display'>} card */
    add: (card) => void waiting.push(followUpOf(card, t)),
    /** @param {View} view */
    async follow(view) {
      const form = waiting[0];
      if (!form || open || view.calls.some(({ state }) => state === 'ringing-inbound')) return;
      open = true;
      waiting.shift();
      const outcome = await driver.pop('NEW_RECORD_MODAL', form);
      open = false;
      if (!outcome.ok) onFailed(outcome.errors);
    },
  };
}
