/** Our own icons: strokes on a 24 × 24 grid, coloured by the text around them. */

const PHONE =
  'M6.6 3.5 9 4l1 4-2 1.6a12 12 0 0 0 5.4 5.4L15 13l4 1 .5 2.4a2 2 0 0 1-2 2.5A14.9 14.9 0 0 1 4.100 5.500a2 2 0 0 1 2.500-2Z';

/** @type {{[name: string]: string}} */
const PATHS = {
  phone: PHONE,
  outbound: 'M8 16 16 8M9.500 8H16v6.500',
  inbound: 'M16 8 8 16M8 9.500V16h6.500',
  internal: 'M5 9h13l-3-3M19 15H6l3 3',
  missed: 'M5 8l6 6 8-8M5 13V8h5',
  keypad:
    'M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01',
  erase: 'M9 6h11v12H9l-6-6 6-6Zm2.500 3.500 5 5m0-5-5 5',
  check: 'M5 12.500 10 17.500 19.500 7',
  cross: 'M6 6l12 12M18 6 6 18',
  alert: 'M12 8v5m0 3.200v.01M10.400 4 2.900 17.200A1.900 1.900 0 0 0 4.500 20h15a1.900 1.900 0 0 0 1.600-2.800L13.600 4a1.850 1.850 0 0 0-3.200 0Z',
  cloud: 'M4 4l16 16M7.500 8A5 5 0 0 0 8 18h9m3-1.800A4 4 0 0 0 17 10 6 6 0 0 0 10.500 6.200',
  transfer: 'M4 9h14l-4-4M20 15H6l4 4',
  hold: 'M8.500 6v12M15.500 6v12',
  resume: 'M8 5.500v13l10.500-6.500L8 5.500Z',
  mute: 'M9 9V6a3 3 0 0 1 6 0v5m0 3a3 3 0 0 1-6-2M5.500 11.500a6.500 6.500 0 0 0 10.800 4.800M18.500 11.500a6 6 0 0 1-.4 2.200M12 18v3M4 4l16 16',
  clock: 'M12 7v5.200l3.200 2M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17Z',
  exit: 'M14 5H6v14h8M11 12h9m-3.200-3.200L20 12l-3.200 3.200',
  person: 'M12 12.200a3.900 3.900 0 1 0 0-7.800 3.900 3.900 0 0 0 0 7.800ZM4.500 20c.6-3.600 3.700-5.600 7.500-5.600s6.900 2 7.500 5.600',
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
