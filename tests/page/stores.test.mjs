/** The journal finds a place that outlives a reload, whatever the browser denies. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createJournal } from '../../web/softphone/journal.js';
import { cookieStore, layered, memoryStore } from '../../web/softphone/stores.js';

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

/** A browser's storage with room for so many items. @param {number} room */
function small(room) {
  const store = memoryStore();
  return {
    ...store,
    get length() {
      return store.length;
    },
    setItem(/** @type {string} */ key, /** @type {string} */ value) {
      if (store.getItem(key) !== value && store.length >= room) throw new Error('QuotaExceededError');
      store.setItem(key, value);
    },
  };
}
const USER = { org_id: '00D1', user_id: '0051', name: 'Ada' };
const SENT = /** @type {const} */ ({ log_id: 'log-1', attempt: 1, nonce: 'n', state: 'sent', at: 5 });

test('the most lasting store that is there and really keeps things is used', () => {
  const [forgetful, good, spare] = [{ ...memoryStore(), setItem: () => undefined }, memoryStore(), memoryStore()];
  const store = layered([() => { throw new Error('SecurityError'); }, () => forgetful, () => good, () => spare]);
  store.setItem('k', 'v');
  assert.deepEqual([store.getItem('k'), good.getItem('k'), spare.length], ['v', 'v', 0]);
  store.removeItem('k');
  assert.deepEqual([store.getItem('k'), good.length], [null, 0]);
});

test('a journal goes on in cookies while localStorage is full, and outlives a reload', () => {
  const [full, page] = [small(0), jar()];
  const open = () => createJournal(layered([() => full, () => cookieStore(page)]), USER);
  open().put(SENT);
  assert.deepEqual([open().find('log-1', 1), open().unsettled(6)], [SENT, [SENT]]);
  open().drop('log-1', 1);
  assert.equal(page.cookie, '');
});

test('a journal goes on in memory while everything is full: a save is neither dropped nor done twice', () => {
  const journal = createJournal(layered([() => small(0), () => cookieStore(jar(10))]), USER);
  journal.put(SENT);
  assert.deepEqual(journal.find('log-1', 1), SENT);
});

test('an item that would not survive the page is reported once, unless cookies hold it', () => {
  let told = 0;
  const count = () => void told++;
  layered([() => small(0), () => cookieStore(jar())], count).setItem('k', 'v');
  assert.equal(told, 0);
  const store = layered([() => { throw new Error('SecurityError'); }, () => cookieStore(jar(10))], count);
  assert.equal(told, 0);
  createJournal(store, USER).put(SENT);
  createJournal(store, USER).put({ ...SENT, attempt: 2 });
  assert.equal(told, 1);
});

test('what was kept before the storage was full is found, and its latest word is told', () => {
  const local = small(1);
  const open = () => createJournal(layered([() => local]), USER);
  const journal = open();
  journal.put(SENT);
  journal.put({ ...SENT, state: 'ok', task_id: '00T1' });
  assert.deepEqual(journal.unsettled(6), [{ ...SENT, state: 'ok', task_id: '00T1' }]);
  // After a reload the server hears that a save was under way, and finds out.
  assert.deepEqual(open().unsettled(6), [SENT]);
});

test('once there is room again, nothing older is left in the way', () => {
  const [full, page] = [small(0), jar()];
  layered([() => full, () => cookieStore(page)]).setItem('k', 'old');
  const roomy = memoryStore();
  const store = layered([() => roomy, () => cookieStore(page)]);
  store.setItem('k', 'new');
  assert.deepEqual([store.getItem('k'), store.length, page.cookie], ['new', 1, '']);
});

test('an undecodable cookie of another program does not affect ours', () => {
  const page = jar();
  page.cookie = 'theirs=50%; Path=/';
  layered([() => cookieStore(page)]).setItem('j', 'w');
  assert.equal(cookieStore(page).getItem('j'), 'w');
  cookieStore(page).setItem('k', 'v');
  assert.equal(cookieStore(page).getItem('k'), 'v');
});
