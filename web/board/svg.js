/** SVG helpers for the charts. */

/**
 * @param {string} tag
 * @param {{[name: string]: string|number}} attributes
 * @param {...(Node|string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/**
 * A drawing as wide as its place, in CSS pixels, so that its letters are as large as all others.
 * @param {Element} place @param {number} height @param {string} label what a screen reader says
 */
export function canvas(place, height, label) {
  const width = Math.max(place.clientWidth, 200);
  const drawing = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  return { drawing, width };
}

/** A round number at or above this one, for the end of an axis. @param {number} value */
export function roundUp(value) {
  if (value <= 1) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * ten).find((step) => step >= value) ?? value;
}
