/** One softphone page: frames change the model, which the panel shows; clicks become frames. */

import { OFFLINE, SHOW_AS } from './dialing.js';
import { RING_ON } from './org.js';
import { createPage } from './page.js';
import { createPanel } from './panel.js';
import { createPhone } from './phone.js';
import { mayPass, startUp } from './startup.js';
import { neededHeight } from './utility-item.js';

/** @import {Page} from './page.js' */
/** @import {Phone} from './phone.js' */
/** @import {Actions, Frame, Translate} from './types.js' */

const START_AGAIN_MS = 10_000;

/** What the panel's buttons do. @param {Page} page @param {() => Phone|null} phone @param {() => void} start @returns {Actions} */
export function createActions(page, phone, start) {
  const { model, t } = page;
  /** What cannot be sent now is not kept for later, so the agent is told. @param {Frame} frame @returns {boolean} whether it went out */
  function tell(frame) {
    const sent = phone()?.send(frame) ?? false;
    if (!sent) page.say(OFFLINE, 'warning', t('offline.notDone'));
    return sent;
  }
  return {
    dial(number, record, name) {
      phone()?.dial({ number, record, name, params: '', clickedAt: Date.now() });
    },
    control: (callId, action, extra = {}) => phone()?.control({ call_id: callId, action, ...extra }) ?? false,
    wrapup(callId, fields, done) {
      const sent = phone()?.send({ type: 'wrapup', call_id: callId, ...fields, done }) ?? false;
      if (!sent && done) page.say(OFFLINE, 'warning', t('wrapup.offline'));
      return sent;
    },
    change: (callId, fields, done) => tell({ type: 'wrapup', call_id: callId, ...fields, done }),
    relate: (callId, record) => tell({ type: 'context', call_id: callId, record }),
    tray: (logId, action) => tell({ type: 'tray', log_id: logId, action }),
    openForm: (params) => phone()?.openForm(params) ?? Promise.resolve(false),
    taskFields: () => phone()?.taskFields() ?? {},
    ringOn(profile) {
      model.ringOn = profile;
      page.drafts.setItem(RING_ON, profile);
    },
    showAs(number) {
      model.showAs = number;
      page.local.setItem(SHOW_AS, number);
    },
    openRecord: (record) => void phone()?.openRecord(record),
    searchPeople: (words) => phone()?.searchPeople(words) ?? Promise.resolve({ ok: false }),
    ask: (path, question) => phone()?.ask(path, question) ?? Promise.resolve(null),
    favorite({ number, name, record, display }, on) {
      const who = record?.name || name || display;
      tell({ type: 'favorite', number, name: who, record, on });
    },
    chooseCalls: (kind, record) => void phone()?.history.choose(kind, record),
    moreCalls: () => void phone()?.history.more(),
    findCalls: (words) => phone()?.history.find(words) ?? Promise.resolve([]),
    followUp: (card) => void phone()?.followUp(card),
    dismissNotice: (id) => void tell({ type: 'dismiss_notice', notice_id: id }),
    dismissMessage: page.unsay,
    signIn: (name) => void phone()?.signIn.signIn(name),
    signOut: () => void phone()?.signIn.signOut(),
    signOutEverywhere: () => void phone()?.signIn.everywhere(),
    account() {
      model.accountOpen = !model.accountOpen;
      page.render();
    },
    setAvailability: (status, reason) => tell({ type: 'availability', status, reason }),
    chooseRing: (what, on) => void phone()?.ring.choose(what, on),
    retryNow: () => void (phone()?.connect() ?? start()),
  };
}

/** @param {HTMLElement} root @param {Translate} t @param {string} language @param {() => Promise<unknown>} moreWords */
export function createSoftphone(root, t, language, moreWords) {
  const page = createPage(t, moreWords);
  const { model } = page;
  model.showAs = page.local.getItem(SHOW_AS) ?? '';
  /** @type {Phone|null} */
  let phone = null;
  let reported = '';
  const actions = createActions(page, () => phone, start);
  const panel = createPanel(root, { t, moreWords, language, actions, now: page.clock.now, drafts: page.drafts }, () => model);
  page.neededHeight = () => neededHeight(root);
  page.onChange(() => {
    panel.update();
    phone?.follow();
  });

  async function start() {
    model.blocked = null;
    model.stage = 'connecting';
    page.render();
    const begun = await startUp(location.search);
    if (!begun.ok) return block(begun.code, begun.detail);
    phone = createPhone(page, begun);
    await phone.begin(panel.update);
  }
  /** @param {string} code @param {string} detail */
  async function block(code, detail) {
    model.stage = 'blocked';
    model.blocked = { code, detail };
    console.warn('softphone: blocked', code, detail);
    if (code !== 'server-unreachable') {
      // Report each reason once, because the page keeps trying.
      if (code !== reported) navigator.sendBeacon('/api/blocked', (reported = code));
      await moreWords();
    }
    page.render();
    if (mayPass(code)) setTimeout(() => model.stage === 'blocked' && start(), START_AGAIN_MS);
  }

  return { start };
}
