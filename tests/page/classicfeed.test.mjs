/** The sample feed page of Classic: its script, run as the feed would run it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const PAGE = readFileSync(new URL('../../salesforce/samples/classic-feed/pages/SoftphoneCaseFeed.page', import.meta.url), 'utf8');
const SCRIPT = /<script>([\s\S]*)<\/script>/.exec(PAGE)?.[1]?.replace('{!JSENCODE(Case.Id)}', '500x') ?? '';

function open(inFeed = true) {
  /** @type {any[][]} */
  const calls = [];
  /** @type {{[id: string]: any}} */
  const nodes = {};
  const node = () => ({ textContent: '', disabled: false, /** @type {() => void} */ click: () => {}, addEventListener(/** @type {string} */ _type, /** @type {() => void} */ act) { this.click = act; } });
  const document = { getElementById: (/** @type {string} */ id) => (nodes[id] ??= node()) };
  /** @type {(update: any) => void} */
  let tell = () => undefined;
  const entityFeed = {
    onObjectUpdate: (/** @type {any} */ listener) => { tell = listener; },
    refreshObject: (/** @type {any[]} */ ...all) => { calls.push(['refreshObject', ...all.slice(0, 4)]); all[4]({ result: true }); },
    reloadFrame: () => calls.push(['reloadFrame']),
  };
  vm.runInNewContext(SCRIPT, { window: inFeed ? { sforce: { interaction: { entityFeed } } } : {}, document });
  return { calls, nodes, tell: (/** @type {object} */ update) => tell(update) };
}

test('news of lists or of the feed reload the frame, a changed field is only told', () => {
  const { calls, nodes, tell } = open();
  tell({ fieldsUpdated: true });
  assert.deepEqual(calls, []);
  assert.match(nodes['news'].textContent, /changed/);
  tell({ relatedListsUpdated: true });
  tell({ feedUpdated: true });
  assert.deepEqual(calls, [['reloadFrame'], ['reloadFrame']]);
});

test('the buttons refresh the case in the feed, lists and feed alone, and reload the frame', () => {
  const { calls, nodes } = open();
  nodes['show'].click();
  nodes['reload'].click();
  assert.deepEqual(calls, [['refreshObject', '500x', false, true, true], ['reloadFrame']]);
  assert.match(nodes['news'].textContent, /up to date/);
});

test('outside a feed the page says so, and its buttons are off', () => {
  const { nodes } = open(false);
  assert.match(nodes['news'].textContent, /only inside/);
  assert.ok(nodes['show'].disabled && nodes['reload'].disabled);
});
