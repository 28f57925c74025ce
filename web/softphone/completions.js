/**
 * Sales Engagement's work that a saved Task completes.
 *
 * What Salesforce refused, or did not answer before the page ended, is tried once more when the page is
 * back, only in this tab, because tabs may not share a work id.
 */

/** @import {CtiError, Driver, Store} from './types.js' */

/** @typedef {{driver: Pick<Driver, 'completeWork'>, store: Store, onFailed: (errors: CtiError[]) => void}} Ports */

const OPEN = 'softphone/works';

/** @param {Store} store @returns {{[workId: string]: object}} */
function read(store) {
  try {
    return JSON.parse(store.getItem(OPEN) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {Store} store @param {string} workId @param {object} [attributes] none: it is done */
function keep(store, workId, attributes) {
  const { [workId]: _known, ...others } = read(store);
  const open = attributes ? { ...others, [workId]: attributes } : others;
  if (Object.keys(open).length > 0) store.setItem(OPEN, JSON.stringify(open));
  else store.removeItem(OPEN);
}

/** @param {Ports} ports @param {string} workId @param {object} attributes */
export async function complete({ driver, store, onFailed }, workId, attributes) {
  keep(store, workId, attributes);
  const outcome = await driver.completeWork(workId, attributes);
  if (outcome.ok) return keep(store, workId);
  console.warn('softphone: a work item was not completed', outcome.errors);
  onFailed(outcome.errors);
}

/** The page is back: try once more, but not again. @param {Ports} ports */
export async function completeAgain(ports) {
  for (const [workId, attributes] of Object.entries(read(ports.store))) {
    await complete(ports, workId, attributes);
    keep(ports.store, workId);
  }
}
