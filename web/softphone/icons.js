/** Our own icons: strokes on a 24 × 24 grid, coloured by the text around them. */

const PHONE =
  'M6.6 3.5 9 4l1 4-2 1.6a12 12 0 0 0 5.4 5.4L15 13l4 1 .5 2.4a2 2 0 0 1-2 2.5A14.9 14.9 0 0 1 4.1 5.5a2 2 0 0 1 2.5-2Z';

/** @type {{[name: string]: string}} */
const PATHS = {
  phone: PHONE,
  outbound: 'M8 16 16 8M9.5 8H16v6.5',
  inbound: 'M16 8 8 16M8 9.5V16h6.5',
  internal: 'M5 9h13l-3-3M19 15H6l3 3',
  digits:
    'M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01',
  erase: 'M9 6h11v12H9l-6-6 6-6Zm2.5 3.5 5 5m0-5-5 5',
  check: 'M5 12.5 10 17.5 19.5 7',
  cross: 'M6 6l12 12M18 6 6 18',
  alert: 'M12 8v5m0 3.2v.01M10.4 4 2.9 17.2A1.9 1.9 0 0 0 4.5 20h15a1.9 1.9 0 0 0 1.6-2.8L13.6 4a1.85 1.85 0 0 0-3.2 0Z',
  cloud: 'M4 4l16 16M7.5 8A5 5 0 0 0 8 18h9m3-1.8A4 4 0 0 0 17 10 6 6 0 0 0 10.5 6.2',
  transfer: 'M4 9h14l-4-4M20 15H6l4 4',
  hold: 'M8.5 6v12M15.5 6v12',
  record: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z',
  pause_recording: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM10 9.5v5M14 9.5v5',
  mute: 'M9 9V6a3 3 0 0 1 6 0v5m0 3a3 3 0 0 1-6-2M5.5 11.5a6.5 6.5 0 0 0 10.8 4.8M18.5 11.5a6 6 0 0 1-.4 2.2M12 18v3M4 4l16 16',
  exit: 'M14 5H6v14h8M11 12h9m-3.2-3.2L20 12l-3.2 3.2',
  star: 'M12 4.2l2.4 4.9 5.4.8-3.9 3.8.9 5.3L12 16.5 7.2 19l.9-5.3-3.9-3.8 5.4-.8L12 4.2Z',
  person: 'M12 12.2a3.9 3.9 0 1 0 0-7.8 3.9 3.9 0 0 0 0 7.8ZM4.5 20c.6-3.6 3.7-5.6 7.5-5.6s6.9 2 7.5 5.6',
};

/**
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', PATHS[name] ?? PHONE);
  svg.append(path);
  return svg;
}
