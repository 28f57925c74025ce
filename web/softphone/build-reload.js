/**
 * An outdated page after a deploy reloads itself when it is idle.
 *
 * It does not do so soon after a load: while replicas serve two builds, each would send it to the other.
 */

/** @import {Model} from './types.js' */

const APART_MS = 60_000;

/** @param {Model} model */
const isIdle = ({ stage, signIn, view, pending }) =>
  stage === 'signed-out' ? !signIn.busy && !signIn.opened : view !== null && view.state === 'idle' && view.wrapups.length === 0 && pending === null;

/** @param {() => void} reload @param {() => number} now milliseconds of a clock that never steps back */
export function createBuildReload(reload, now = () => performance.now()) {
  const loadedAt = now();
  let old = false;
  return {
    told() {
      old = true;
    },
    /** A page that is signed out has no socket by which it would be told. @param {string} build of this page @param {{build: string}|null} settings that the server has now */
    compare(build, settings) {
      old ||= settings !== null && settings.build !== build;
    },
    /** @param {Model} model */
    follow(model) {
      if (!old || !isIdle(model) || now() - loadedAt < APART_MS) return;
      old = false;
      reload();
    },
  };
}
