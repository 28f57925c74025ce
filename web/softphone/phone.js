/**
 * The phone in the page: everything that needs a driver, put together.
 *
 * The model is what the panel shows; the server's view is most of it. Click-to-dial follows the
 * latest view, and is off while nobody listens.
 */

import { createAudio } from './audio.js';
import { createBuildReload } from './build-reload.js';
import { createCallHistory } from './call-history.js';
import { createConnection } from './connection.js';
import { createDialogs } from './dialogs.js';
import { OFFLINE, createDialing } from './dialing.js';
import { createOrg } from './org.js';
import { makeId } from './page.js';
import { callerOf } from './prefill.js';
import { createRing } from './ring.js';
import { createSaveLog } from './savelog.js';
import { createServerRequests } from './server-requests.js';
import { ask, fetchSettings } from './session.js';
import { createSignInFlow } from './sign-in-flow.js';
import { wordsFor } from './strings.js';
import { createToggle } from './toggle.js';
import { createUtilityItem } from './utility-item.js';
import { cardOf, isNewer } from './view.js';
import { createWakeDetector } from './wake-detector.js';
import { createWorkItems } from './work-items.js';

/** @import {Page} from './page.js' */
/** @import {Start} from './startup.js' */
/** @import {CallCard, Click, CtiError, Driver, Frame, PeopleFound, RecordRef, View, WrapupCard} from './types.js' */

const TICK_MS = 500;
/** Our Apex class; an admin may name another with the same answers. */
const SEARCH = 'SoftphoneSearch.find';

/** @typedef {ReturnType<typeof createPhone>} Phone */

/** This tab's click-to-dial. @param {Page} page @param {Driver} driver @param {(click: Click) => void} clicked */
function createDialSwitch(page, driver, clicked) {
  let listening = false;
  return createToggle({
    async enable() {
      const outcome = await driver.enable();
      if (outcome.ok && !listening) {
        listening = true;
        driver.onClick(page.safely(clicked));
      }
      return outcome;
    },
    disable: driver.disable,
    onChange(on) {
      page.model.clickToDial = on;
      page.unsay('toggle');
    },
    onError: (outcome) => page.say('toggle', 'warning', page.t('toggle.failed', { reason: page.reasonOf(outcome.ok ? [] : outcome.errors) })),
  });
}

/** The agent's follow-up tasks, loaded when the first is planned. @param {Page} page @param {Driver} driver @param {(errors: CtiError[]) => void} onFailed */
function createFollowUpPlan(page, driver, onFailed) {
  /** @type {ReturnType<typeof import('./followup.js').createFollowUps>|null} */
  let followUps = null;
  return {
    /** @param {CallCard|WrapupCard} card */
    async add(card) {
      try {
        const [{ createFollowUps }] = await Promise.all([import('./followup.js'), page.moreWords()]);
        followUps ??= createFollowUps(driver, page.t, onFailed);
        followUps.add(card);
        page.render();
      } catch {
        onFailed([]);
      }
    },
    follow() {
      if (page.model.view) void followUps?.follow(page.model.view);
    },
  };
}

/** Click-to-dial, the utility item and the rest follow the model. @param {Page} page @param {Driver} driver @param {ReturnType<typeof createDesk>} desk @param {ReturnType<typeof createDialing>} dialing @param {(click: Click) => void} clicked */
function createFollowers(page, driver, { org, requests, followUps, history, ring }, dialing, clicked) {
  const { model } = page;
  const toggle = createDialSwitch(page, driver, clicked);
  const item = createUtilityItem(driver, model, page.t, page.neededHeight);
  const lookup = createCallerLookup(page, { isMine: dialing.isMine, identify: requests.identify });
  return () => {
    toggle.want(model.stage === 'live' && model.view?.click_to_dial === true);
    item.follow();
    org.follow();
    followUps.follow();
    history.follow();
    ring.follow();
    lookup();
  };
}

/** Identify whom the agent dialed by number alone; the page that placed the call does it. @param {Page} page @param {{isMine: () => boolean, identify: (callId: string, number: string) => Promise<unknown>}} ports */
function createCallerLookup({ model }, { isMine, identify }) {
  let identified = '';
  return () => {
    const call = model.view?.calls.find((card) => card.direction === 'outbound' && !card.record && card.matches.length === 0);
    if (!call || !isMine() || identified === call.call_id) return;
    identified = call.call_id;
    void identify(call.call_id, call.number);
  };
}

/** What this page does in Salesforce and in this browser. @param {Page} page @param {{driver: Driver, origin: string}} begun @param {(frame: Frame) => boolean} send @param {(click: Click) => void} clicked */
function createDesk(page, { driver, origin }, send, clicked) {
  const { model } = page;
  const popFailed = (/** @type {CtiError[]} */ errors) => page.say('pop', 'warning', page.t('pop.failed', { reason: page.reasonOf(errors) }));
  const open = createDialogs(popFailed);
  const org = createOrg(page, driver, send, clicked);
  const requests = createServerRequests({
    driver, send, layout: org.layout, callCenter: org.callCenter, onPopFailed: popFailed,
    callerOf: (callId, number) => callerOf(cardOf(model, callId), callId, number),
    isRinging: (callId) => model.view?.calls.some((call) => call.call_id === callId && call.state === 'ringing-inbound') ?? false,
    onFound(fields) {
      model.found = { ...model.found, ...fields };
      page.render();
    },
    onOffer(callId, run) {
      model.offers = { ...model.offers, [callId]: () => void open(run) };
      page.render();
    },
  });
  return {
    org, requests,
    works: createWorkItems(page, driver, send),
    audio: createAudio(page, origin),
    followUps: createFollowUpPlan(page, driver, popFailed),
    history: createCallHistory(model, (query) => ask(origin, '/api/history', query), page.render),
    ring: createRing(model, { t: page.t, store: page.local, render: page.render }),
    /** Open Salesforce's form for a new record. @param {object} params of NEW_RECORD_MODAL @returns {Promise<boolean>} whether it opened */
    openForm: (params) => open(() => driver.pop('NEW_RECORD_MODAL', params)),
    /** @param {RecordRef} record */
    async openRecord({ id }) {
      const outcome = await driver.pop('SOBJECT', { recordId: id });
      if (!outcome.ok) popFailed(outcome.errors);
    },
    /** @param {string} words @returns {Promise<PeopleFound>} */
    searchPeople(words) {
      const [apexClass, methodName] = (org.callCenter()?.search || SEARCH).split('.');
      return driver.perform('runApex', { apexClass, methodName, methodParams: `words=${encodeURIComponent(words)}` });
    },
  };
}

/** The handler of each frame from the server. @param {Page} page @param {ReturnType<typeof createDesk>} desk @param {{saving: () => ReturnType<typeof createSaveLog>|null, send: (frame: Frame) => boolean, dialing: ReturnType<typeof createDialing>, onReload: () => void}} ports @returns {(frame: any) => void} */
function createFrames(page, { works, requests, audio }, { saving, send, dialing, onReload }) {
  const { model } = page;
  /** @type {{[type: string]: (frame: any) => void}} */
  const handlers = {
    view: (/** @type {View} */ view) => {
      if (!isNewer(model.view, view)) return;
      page.clock.set(view.now);
      model.view = view;
      void audio.hear(view);
      dialing.hear(view);
      page.render();
    },
    offer: (frame) => saving()?.offer(frame),
    go: (frame) => saving()?.go(frame),
    taken: (frame) => saving()?.taken((model.settled = frame)),
    settled: (frame) => saving()?.settled((model.settled = frame)),
    pop: (frame) => void requests.pop(frame),
    ask: (frame) => void requests.ask(frame),
    ping: ({ now }) => page.clock.set(now),
    probe: ({ nonce }) => void send({ type: 'probe', nonce }),
    complete: ({ work }) => works.complete(work.work_id, work.attributes),
    reload: onReload,
    error: (told) => dialing.refused(told) || page.say('frame', 'warning', wordsFor(page.t, told)),
  };
  return (frame) => handlers[frame.type]?.(frame);
}

/** Ticks, listeners, and the first connection. @param {Driver} driver @param {Page} page @param {ReturnType<typeof createDesk>} desk @param {ReturnType<typeof createConnection>} connection @param {() => void} tick */
async function begin(driver, page, { org, works }, connection, tick) {
  driver.onNavigation(page.safely(org.viewed));
  works.listen();
  connection.watchPresence();
  setInterval(tick, TICK_MS);
  await connection.connect();
}

/** The connection, and the parts that follow its state. @param {Page} page @param {Start & {ok: true}} begun @param {ReturnType<typeof createDesk>} desk @param {{send: (frame: Frame) => boolean, dialing: ReturnType<typeof createDialing>, reload: ReturnType<typeof createBuildReload>}} ports */
function createLink(page, begun, desk, { send, dialing, reload }) {
  const { org, works, audio } = desk;
  /** @type {ReturnType<typeof createSaveLog>|null} */
  let saving = null;
  return createConnection(page, {
    ...begun,
    onFrame: createFrames(page, desk, { saving: () => saving, send, dialing, onReload: reload.told }),
    onGreeting(journal) {
      page.unsay('frame');
      saving = createSaveLog({ driver: begun.driver, journal, send, complete: works.complete });
    },
    onUp() {
      page.unsay(OFFLINE);
      works.connected();
      org.connected();
    },
    onDown: dialing.drop,
    onSignedOut() {
      audio.leave();
      dialing.drop();
      void org.keepForm();
      // After a deploy, the form for signing in may be gone.
      if (page.model.connection > 0) void fetchSettings(begun.origin).then((now) => reload.compare(begun.settings.build, now));
    },
  });
}

/**
 * @param {Page} page
 * @param {Start & {ok: true}} begun
 */
export function createPhone(page, begun) {
  const { model } = page;
  const { driver, settings, origin } = begun;
  const send = (/** @type {Frame} */ frame) => connection.send(frame);
  const wake = createWakeDetector();
  const reload = createBuildReload(() => location.reload());
  const dialing = createDialing({ ...page, send: (frame) => connection.isUp() && send(frame), makeId, renew: () => connection.renew() });
  const desk = createDesk(page, begun, send, clicked);
  const { org, works, audio } = desk;
  const connection = createLink(page, begun, desk, { send, dialing, reload });
  const followers = createFollowers(page, driver, desk, dialing, clicked);
  const signIn = createSignInFlow(page, settings, origin, { send, connect: connection.connect, leave: () => (org.leave(), connection.leave()) });
  model.signIn.by = settings.sign_in;

  /** @param {Click} click */
  function clicked(click) {
    void driver.showPanel();
    dial({ ...click, clickedAt: wake.since(), name: click.record?.name ?? '', workId: works.take(click.number) });
  }
  /** @param {Parameters<typeof dialing.dial>[0]} wish */
  function dial(wish) {
    audio.dialed();
    return dialing.dial(wish);
  }
  const taskFields = () => org.callCenter()?.taskFields ?? {};

  return {
    send, taskFields,
    dial,
    control(/** @type {Parameters<typeof dialing.control>[0]} */ request) {
      if (!audio.control(request)) return dialing.control(request);
      // Whoever was talking with the agent hears music, not the other call.
      const talks = request.action === 'answer' && model.view?.can['hold'] ? model.view.calls.filter(({ state, held, third }) => state === 'bridged' && !held && !third) : [];
      for (const { call_id } of talks) dialing.control({ call_id, action: 'hold' });
      return true;
    },
    followUp: desk.followUps.add,
    openForm: desk.openForm,
    openRecord: desk.openRecord,
    searchPeople: desk.searchPeople,
    ask: (/** @type {string} */ path, /** @type {object} */ question) => ask(origin, path, question),
    history: desk.history,
    ring: desk.ring,
    connect: connection.connect,
    signIn,
    follow() {
      followers();
      signIn.follow();
      reload.follow(model);
    },
    /** @param {() => void} draw */
    begin: (draw) => begin(driver, page, desk, connection, () => {
      wake.tick();
      draw();
      reload.follow(model);
    }),
  };
}
