/** Sales Engagement: which work a clicked number is for. Kept only in this page. */

/** @import {Work} from './types.js' */

const KEPT = 20;
// Numbers have many spellings; their last digits distinguish them.
const TELLING = 10;

/** @param {string} number */
const ending = (number) => number.replace(/\D/g, '').slice(-TELLING);

export function createWorks() {
  /** @type {Work[]} */
  let works = [];
  return {
    /** @param {Work} work */
    started(work) {
      if (work.workId && ending(work.to)) works = [work, ...works.filter(({ workId }) => workId !== work.workId)].slice(0, KEPT);
    },
    /** The work that this number is dialed for, once. @param {string} number @returns {string} empty: none */
    take(number) {
      const found = works.find(({ to }) => ending(to) === ending(number));
      works = works.filter((work) => work !== found);
      return found?.workId ?? '';
    },
  };
}
