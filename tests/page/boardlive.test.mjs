/** The board's connection: what is old is said to be old, and it always comes back. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createLive } from '../../web/board/live.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @param {import('node:test').TestContext} t */
function bench(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(Math, 'random', () => 1);
  /** @type {any[]} */
  const story = [];
  /** @type {any[]} */
  const opened = [];
  /** @type {('there'|'lost'|'shut')[]} */
  const answers = [];
  const live = createLive({
    ask: async () => answers.shift() ?? 'there',
    address: () => `ws://x/${opened.length}`,
    onReport: (report) => story.push(report),
    onPing: (now) => story.push(now),
    onStale: () => story.push('stale'),
    onLost: () => story.push('lost'),
    open: (url) => {
      const made = /** @type {any} */ ({ url, codes: [], close: (/** @type {number} */ code) => made.codes.push(code) });
      opened.push(made);
      return made;
    },
  });
  /** @param {object} frame */
  const hear = (frame) => opened.at(-1).onmessage({ data: JSON.stringify(frame) });
  return { live, story, opened, answers, hear, pass: (/** @type {number} */ ms) => t.mock.timers.tick(ms) };
}

test('a report carries the time of its frame, a ping only a time', async (t) => {
  const { live, story, hear } = bench(t);
  await live.connect();
  hear({ type: 'report', now: 5, report: { parked: 0 } });
  hear({ type: 'ping', now: 6 });
  hear({ type: 'stale' });
  hear({ type: 'of tomorrow' });
  assert.deepEqual(story, [{ parked: 0, now: 5 }, 6, 'stale']);
});

test('a socket that is silent is lost, one that pings is not', async (t) => {
  const { live, story, opened, hear, pass } = bench(t);
  await live.connect();
  pass(39_999);
  hear({ type: 'ping', now: 1 });
  pass(39_999);
  assert.deepEqual(story, [1]);
  pass(1);
  assert.deepEqual(story, [1, 'lost']);
  assert.deepEqual(opened[0].codes, [1000]);
  // Its late words and its late end change nothing.
  opened[0].onmessage({ data: '{"type":"stale"}' });
  opened[0].onclose();
  assert.deepEqual(story, [1, 'lost']);
});

test('the wait grows with each failure, and is short again after a report', async (t) => {
  const { live, story, opened, hear, pass } = bench(t);
  await live.connect();
  for (const wait of [500, 1_000, 2_000]) {
    const before = opened.length;
    opened.at(-1).onclose();
    pass(wait - 1);
    await settled();
    assert.equal(opened.length, before);
    pass(1);
    await settled();
    assert.equal(opened.length, before + 1);
  }
  hear({ type: 'report', now: 1, report: {} });
  opened.at(-1).onclose();
  pass(500);
  await settled();
  assert.equal(opened.length, 5);
  assert.deepEqual(story.filter((one) => one === 'lost').length, 4);
});

test('an answer that is missing is asked for again; a shut door is not', async (t) => {
  const { live, story, opened, answers, pass } = bench(t);
  answers.push('lost', 'shut');
  await live.connect();
  assert.deepEqual(story, ['lost']);
  pass(500);
  await settled();
  pass(600_000);
  await settled();
  assert.deepEqual(story, ['lost']);
  assert.equal(opened.length, 0);
  await live.connect();
  assert.equal(opened.length, 1);
});
