/** The journal finds a place that outlives a reload, whatever the browser denies. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createJournal } from '../../web/softphone/journal.js';
import { cookieStore, memoryStore, usable } from '../../web/softphone/stores.js';

/** A document's cookie as browsers have it: written one at a time, read all at once. */
function jar(limit = 4096) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  /** @type {string[]} */
  const written = [];
  return {
    written,
    get cookie() {
      return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    },
    set cookie(text) {
      written.push(text);
      const [pair = ''] = text.split('; ');
      const [name = '', value = ''] = pair.split('=');
      if (pair.length > limit) return;
      if (text.includes('Max-Age=0')) cookies.delete(name);
      else cookies.set(name, value);
    },
  };
}

test('a journal in cookies keeps, finds and forgets as one in localStorage does', () => {
  const page = jar();
  page.cookie = 'other=cookie';
  const user = { org_id: '00D1', user_id: '0051', name: 'Ada' };
  const entry = /** @type {const} */ ({ log_id: 'log=1; x', attempt: 1, nonce: 'n', state: 'sent', at: 5 });
  createJournal(cookieStore(page), user).put(entry);
  const again = createJournal(cookieStore(page), user);
  assert.deepEqual([again.find('log=1; x', 1), again.unsettled(6)], [entry, [entry]]);
  again.drop('log=1; x', 1);
  assert.equal(page.cookie, 'other=cookie');
});

test('its cookies survive in a cross-site frame and go to our own pages only', () => {
  const page = jar();
  cookieStore(page).setItem('k', 'v');
  for (const part of ['Path=/softphone', 'Secure', 'SameSite=None', 'Partitioned', 'Max-Age=604800']) {
    assert.ok(page.written[0]?.includes(part), part);
  }
});

test('what is too long for a cookie leaves the shorter word in place', () => {
  const store = cookieStore(jar(100));
  store.setItem('k', 'sent');
  store.setItem('k', 'x'.repeat(200));
  assert.equal(store.getItem('k'), 'sent');
});

test('a store that throws or forgets is not used', () => {
  const forgetful = { ...memoryStore(), setItem: () => undefined };
  assert.equal(usable(() => { throw new Error('SecurityError'); }), null);
  assert.equal(usable(() => forgetful), null);
  const good = memoryStore();
  assert.equal(usable(() => good), good);
  assert.equal(good.length, 0);
});

test('a cookie of another program that nobody can decode costs ours nothing', () => {
  const page = jar();
  page.cookie = 'theirs=50%; Path=/';
  assert.notEqual(usable(() => cookieStore(page)), null);
  cookieStore(page).setItem('k', 'v');
  assert.equal(cookieStore(page).getItem('k'), 'v');
});
