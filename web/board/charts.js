/** Calls by outcome as bars; the last hour of webhooks as a plot. */

import { el } from '../softphone/dom.js';
import { canvas, roundUp, svg } from './svg.js';

/** @import {Minute, Section, Speech} from './types.js' */

const BAR = 30;
const PLOT_HEIGHT = 200;
const EDGE = { left: 76, right: 8, top: 10, bottom: 24 };

/** @param {Speech} speech @returns {Section} */
export function createOutcomes({ t, number, percent }) {
  const place = el('div', { class: 'chart' });
  const element = el('section', { class: 'panel outcomes' }, el('h2', {}, t('outcomes.title')), place);
  return {
    element,
    update({ calls }) {
      const rows = Object.entries(calls.by_outcome);
      const label = rows.map(([outcome, count]) => `${t(`outcome.${outcome}`)}: ${number(count)}`).join(', ');
      const { drawing, width } = canvas(place, Math.max(rows.length, 1) * BAR, label || t('outcomes.none'));
      const most = Math.max(1, ...rows.map(([, count]) => count));
      const start = Math.min(150, width * 0.38);
      const room = width - start - 92;
      rows.forEach(([outcome, count], index) => {
        const middle = index * BAR + BAR / 2;
        drawing.append(
          svg('text', { x: 0, y: middle, class: 'bar-name', 'dominant-baseline': 'central' }, t(`outcome.${outcome}`)),
          svg('rect', { x: start, y: middle - 8, width: Math.max(3, (room * count) / most), height: 16, rx: 4, class: `bar bar-${outcome}` }),
          svg('text', { x: start + Math.max(3, (room * count) / most) + 8, y: middle, class: 'bar-count', 'dominant-baseline': 'central' },
            `${number(count)} · ${percent(count / calls.over)}`));
      });
      if (rows.length === 0) place.replaceChildren(el('p', { class: 'empty' }, t('outcomes.none')));
      else place.replaceChildren(drawing);
    },
  };
}

/**
 * @param {Minute[]} minutes @param {'p50'|'p95'} which
 * @param {(index: number) => number} x @param {(ms: number) => number} y
 */
function path(minutes, which, x, y) {
  let pen = 'M';
  return minutes.reduce((drawn, minute, index) => {
    const value = minute[which];
    if (value === null) return drawn;
    // A line of length zero: with round ends, a lone point is a dot.
    const next = `${drawn}${pen}${x(index).toFixed(1)} ${y(value).toFixed(1)}${pen === 'M' ? 'h0' : ''}`;
    pen = 'L';
    return next;
  }, '');
}

/** @param {Speech} speech @returns {Section} */
export function createWebhooks({ t, number, language }) {
  const place = el('div', { class: 'chart' });
  const legend = el('ul', { class: 'legend' },
    ...['p95', 'p50', 'count', 'errors'].map((key) => el('li', { 'data-key': key }, t(`webhooks.${key}`))));
  const element = el('section', { class: 'panel webhooks' }, el('h2', {}, t('webhooks.title')), legend, place);
  const clock = new Intl.DateTimeFormat(language, { hour: 'numeric', minute: '2-digit' });
  return {
    element,
    update({ webhooks: { minutes } }) {
      const slowest = Math.max(0, ...minutes.map(({ p95 }) => p95 ?? 0));
      const failed = minutes.reduce((sum, { errors }) => sum + errors, 0);
      const came = minutes.reduce((sum, { count }) => sum + count, 0);
      const label = t('webhooks.said', { came: number(came), slowest: number(slowest), failed: number(failed) });
      const { drawing, width } = canvas(place, PLOT_HEIGHT, label);
      const top = roundUp(Math.max(slowest, 100));
      const most = Math.max(1, ...minutes.map(({ count }) => count));
      const [bottom, right] = [PLOT_HEIGHT - EDGE.bottom, width - EDGE.right];
      const step = (right - EDGE.left) / Math.max(1, minutes.length);
      const x = (/** @type {number} */ index) => EDGE.left + step * (index + 0.5);
      const y = (/** @type {number} */ ms) => bottom - ((bottom - EDGE.top) * ms) / top;
      for (const share of [0, 0.5, 1]) {
        drawing.append(
          svg('line', { x1: EDGE.left, x2: right, y1: y(top * share), y2: y(top * share), class: 'grid' }),
          svg('text', { x: EDGE.left - 8, y: y(top * share), class: 'axis', 'text-anchor': 'end', 'dominant-baseline': 'central' }, t('webhooks.ms', { ms: number(top * share) })));
      }
      const every = width < 520 ? 30 : 15;
      minutes.forEach(({ at, count, errors }, index) => {
        const tall = ((bottom - EDGE.top) * 0.5 * count) / most;
        if (count) drawing.append(svg('rect', { x: x(index) - step * 0.35, y: bottom - tall, width: step * 0.7, height: tall, class: 'count' }));
        if (errors) drawing.append(svg('circle', { cx: x(index), cy: EDGE.top + 4, r: 4, class: 'errors' }));
        if (index % every === every - 1) drawing.append(svg('text', { x: x(index), y: PLOT_HEIGHT - 6, class: 'axis', 'text-anchor': index + 1 === minutes.length ? 'end' : 'middle' }, clock.format(at)));
      });
      drawing.append(svg('path', { d: path(minutes, 'p50', x, y), class: 'line p50' }), svg('path', { d: path(minutes, 'p95', x, y), class: 'line p95' }));
      place.replaceChildren(drawing);
    },
  };
}
