/** Sales Engagement: which work a clicked number is for, and its completion. Kept only in this page. */

import { createWorks } from './work.js';

/** @import {Page} from './page.js' */
/** @import {Driver, Frame} from './types.js' */

/** @param {Page} page @param {Driver} driver @param {(frame: Frame) => boolean} send */
export function createWorkItems(page, driver, send) {
  const works = createWorks();

  /** Loaded if Sales Engagement is in use. @param {(module: typeof import('./completions.js'), ports: import('./completions.js').Ports) => Promise<void>} act */
  async function completing(act) {
    const [module] = await Promise.all([import('./completions.js'), page.moreWords()]);
    await act(module, { driver, store: page.drafts, onFailed: (errors) => page.say('work', 'warning', page.t('work.failed', { reason: page.reasonOf(errors) })) });
  }

  return {
    take: works.take,
    /** @param {string} id @param {object} attributes */
    complete: (id, attributes) => void completing((module, ports) => module.complete(ports, id, attributes)),
    listen: () => driver.onWork(page.safely((work) => {
      works.started(work);
      send({ type: 'work', work_id: work.workId, to: work.to, complete_when: work.completeWhen });
    })),
    /** What an earlier load of this page could not complete. */
    connected() {
      if (page.drafts.getItem('softphone/works')) void completing((module, ports) => module.completeAgain(ports));
    },
  };
}
