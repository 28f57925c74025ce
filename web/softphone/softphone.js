/**
 * One softphone page: frames in, model changed, panel drawn; clicks in, frames out.
 *
 * The model is what the panel shows; the server's view is most of it. Click-to-dial follows the
 * latest view, and is off while nobody listens.
 */

import { readCentre, settingsFrame } from './centre.js';
import { createClock } from './clock.js';
import { createDialing } from './dialing.js';
import { createErrands } from './errands.js';
import { createJournal } from './journal.js';
import { createLook } from './look.js';
import { createPanel } from './panel.js';
import { createPulse } from './pulse.js';
import { createSaveLog } from './savelog.js';
import { fetchTicket, signInByName, signOut } from './session.js';
import { createSocket } from './socket.js';
import { createStale } from './stale.js';
import { mayPass, startUp } from './startup.js';
import { draftStore, journalStore } from './stores.js';
import { wordsFor } from './strings.js';
import { createToggle } from './toggle.js';
import { isNewer } from './view.js';
import { createWorks } from './work.js';

/** @import {Centre} from './centre.js' */
/** @import {Act, Actions, CallCard, Click, CtiError, Driver, Frame, Layout, Model, PageSettings, RecordRef, Translate, User, View, WrapupCard} from './types.js' */

const OFFLINE_MS = 3_000;
const START_AGAIN_MS = 10_000;
const TICK_MS = 500;
const VIEWED = 3;
const RING_ON = 'softphone/ring-on';

/** @returns {string} 128 random bits */
function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {HTMLElement} root @param {Translate} t @param {string} language @param {() => Promise<unknown>} moreWords */
export function createSoftphone(root, t, language, moreWords) {
  /** @type {Model} */
  const model = {
    stage: 'connecting', clickToDial: false, view: null, pending: null, messages: [], blocked: null,
    signIn: { by: 'dev', busy: false, failed: false, opened: false }, retryAt: null, viewed: [], offers: {}, connection: 0,
    ringProfiles: [], ringOn: '',
  };
  const clock = createClock();
  const pageId = makeId();
  const local = journalStore();
  const drafts = draftStore();
  const demoAgent = new URLSearchParams(location.search).get('demo_agent');
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let offlineTimer;
  /** @type {ReturnType<typeof run>|null} */
  let running = null;
  let reported = '';

  /** @param {string} id @param {'info'|'warning'|'error'} tone @param {string} text @param {Act} [act] */
  function say(id, tone, text, act) {
    model.messages = [...model.messages.filter((message) => message.id !== id), { id, tone, text, act }];
    render();
  }
  /** @param {string} id */
  function unsay(id) {
    model.messages = model.messages.filter((message) => message.id !== id);
    render();
  }
  function render() {
    panel.update();
    running?.follow();
  }

  /** @type {Actions} */
  const actions = {
    dial(number, record, name) {
      running?.dial({ number, record, name, params: '', clickedAt: Date.now() });
    },
    control: (callId, action, extra = {}) => running?.control({ call_id: callId, action, ...extra }),
    wrapup(callId, fields, done) {
      const sent = running?.send({ type: 'wrapup', call_id: callId, ...fields, done }) ?? false;
      if (!sent && done) say('wrapup', 'warning', t('wrapup.offline'));
      return sent;
    },
    relate: (callId, record) => void running?.send({ type: 'context', call_id: callId, record }),
    tray: (logId, action) => void running?.send({ type: 'tray', log_id: logId, action }),
    ringOn(profile) {
      model.ringOn = profile;
      drafts.setItem(RING_ON, profile);
    },
    followUp: (card) => void running?.followUp(card),
    dismissNotice: (id) => void running?.send({ type: 'dismiss_notice', notice_id: id }),
    dismissMessage: unsay,
    signIn: (name) => void running?.signIn(name),
    signOut: () => void running?.signOut(false),
    account: () => void moreWords().then(() => say('account', 'info', t('account.words'), { label: t('account.everywhere'), run: () => void running?.signOut(true) })),
    retryNow: () => void (running ? running.connect() : start()),
  };
  const panel = createPanel(root, { t, moreWords, language, actions, now: clock.now, drafts }, () => model);

  async function start() {
    model.blocked = null;
    model.stage = 'connecting';
    render();
    const begun = await startUp(location.search);
    if (begun.ok) {
      running = run(begun.driver, begun.settings, begun.origin);
      return running.begin();
    }
    model.stage = 'blocked';
    model.blocked = { code: begun.code, detail: begun.detail };
    console.warn('softphone: blocked', begun.code, begun.detail);
    if (begun.code !== 'server-unreachable') {
      // Each reason once: the page tries again and again.
      if (begun.code !== reported) navigator.sendBeacon('/api/blocked', (reported = begun.code));
      await moreWords();
    }
    render();
    if (mayPass(begun.code)) setTimeout(() => model.stage === 'blocked' && start(), START_AGAIN_MS);
  }

  /**
   * Everything that needs a driver.
   * @param {Driver} driver @param {PageSettings} settings @param {string} origin
   */
  function run(driver, settings, origin) {
    let listening = false;
    let announced = false;
    let stands = false;
    /** @type {Layout|null} */
    let layout = null;
    /** @type {Centre|null} */
    let centre = null;
    let identified = '';
    const works = createWorks();
    const pulse = createPulse();
    const stale = createStale(drafts, () => location.reload());
    /** Loaded only where an admin has named a channel. @type {ReturnType<typeof import('./channels.js').createChannels>|null} */
    let channels = null;
    /** @type {ReturnType<typeof createSaveLog>|null} */
    let saving = null;
    /** @type {ReturnType<typeof createJournal>|null} */
    let journal = null;
    model.signIn.by = settings.sign_in;

    const send = (/** @type {Frame} */ frame) => socket.send(frame);
    const dialing = createDialing({ model, send: (frame) => socket.isUp() && send(frame), makeId, words: t, say, unsay, render });
    const look = createLook(driver, model, t);
    /** @type {ReturnType<typeof import('./followup.js').createFollowUps>|null} */
    let followUps = null;
    const popFailed = (/** @type {CtiError[]} */ errors) => say('pop', 'warning', t('pop.failed', { reason: errors[0]?.message || t('error.silence') }));
    const errands = createErrands({
      driver, send,
      isRinging: (callId) => model.view?.calls.some((call) => call.call_id === callId && call.state === 'ringing-inbound') ?? false,
      layout: () => layout,
      centre: () => centre,
      onOffer(callId, run) {
        model.offers = { ...model.offers, [callId]: run };
        render();
      },
      onPopFailed: popFailed,
    });
    const toggle = createToggle({
      async enable() {
        const outcome = await driver.enable();
        if (outcome.ok && !listening) {
          listening = true;
          driver.onClick(safely(clicked));
        }
        return outcome;
      },
      disable: driver.disable,
      onChange(on) {
        model.clickToDial = on;
        unsay('toggle');
      },
      onError: (outcome) => say('toggle', 'warning', t('toggle.failed', { reason: (!outcome.ok && outcome.errors[0]?.message) || t('error.silence') })),
    });
    /** Fetched where Sales Engagement is in use. @param {(module: typeof import('./completions.js'), ports: import('./completions.js').Ports) => Promise<void>} act */
    async function completing(act) {
      const [module] = await Promise.all([import('./completions.js'), moreWords()]);
      await act(module, { driver, store: drafts, onFailed: (errors) => say('work', 'warning', t('work.failed', { reason: errors[0]?.message || t('error.silence') })) });
    }
    /** @param {string} id @param {object} attributes */
    const complete = (id, attributes) => void completing((module, ports) => module.complete(ports, id, attributes));
    const socket = createSocket({
      url: `${location.origin.replace(/^http/, 'ws')}/ws`,
      fetchTicket: () => fetchTicket(origin), hello, onUp, onDown, onSignedOut,
      onFrame: (frame) => handlers[frame.type]?.(frame),
    });

    /** @param {{ticket: string, user: User}} ticket @returns {Frame} */
    function hello({ ticket, user }) {
      journal = createJournal(local, user);
      saving = createSaveLog({ driver, journal, send, complete, extra: () => centre?.taskFields ?? {} });
      return {
        type: 'hello', ticket, page_id: pageId, build: settings.build, surface: driver.surface,
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        visible: !document.hidden, focused: document.hasFocus(), journal: journal.unsettled(Date.now()),
      };
    }

    /** @type {{[type: string]: (frame: any) => void}} */
    const handlers = {
      view: (/** @type {View} */ view) => {
        if (!isNewer(model.view, view)) return;
        clock.set(view.now);
        model.view = view;
        dialing.hear(view);
        render();
      },
      offer: (frame) => saving?.offer(frame),
      go: (frame) => saving?.go(frame),
      taken: (frame) => saving?.taken(frame),
      settled: (frame) => saving?.settled(frame),
      pop: (frame) => void errands.pop(frame),
      ask: (frame) => void errands.ask(frame),
      probe: ({ nonce }) => void send({ type: 'probe', nonce }),
      complete: ({ work }) => complete(work.work_id, work.attributes),
      reload: stale.told,
      error: (said) => say('frame', 'warning', wordsFor(t, said)),
    };

    /** Whom did the agent dial by number alone? The page that was asked to finds out. */
    function identify() {
      const call = model.view?.calls.find((one) => one.direction === 'outbound' && !one.record && one.matches.length === 0);
      if (!call || !dialing.isMine() || identified === call.call_id) return;
      identified = call.call_id;
      void errands.identify(call.call_id, call.number);
    }

    function onUp() {
      clearTimeout(offlineTimer);
      offlineTimer = undefined;
      model.stage = 'live';
      model.retryAt = null;
      model.connection++;
      if (centre) void send(settingsFrame(centre));
      if (drafts.getItem('softphone/works')) void completing((module, ports) => module.completeAgain(ports));
      channels?.listen(centre?.listen ?? '');
      if (announced) return;
      announced = true;
      standing();
      void readSettings();
      void driver.recordInView().then(viewed);
      void driver.directory?.().then((entries) => {
        model.directory = entries;
        render();
      });
      void driver.layout().then((outcome) => {
        layout = outcome.ok ? /** @type {Layout|null} */ (outcome.value) : null;
      });
    }
    async function readSettings() {
      const outcome = await driver.settings();
      if (!outcome.ok) return say('centre', 'warning', t('centre.problem', { keys: outcome.errors[0]?.message || t('error.silence') }));
      centre = readCentre(outcome.value);
      if (centre.problems.length > 0) say('centre', 'warning', t('centre.problem', { keys: centre.problems.join(', ') }));
      model.ringProfiles = centre.ringProfiles;
      model.ringOn = centre.ringProfiles.find((name) => name === drafts.getItem(RING_ON)) ?? '';
      if (centre.width !== null) void driver.size(null, centre.width);
      if (centre.listen || centre.publish) {
        const { createChannels } = await import('./channels.js');
        channels = createChannels(driver, (number, record) => safely(clicked)({ number, record, params: '', clickedAt: Date.now() }));
        channels.listen(centre.listen);
      }
      send(settingsFrame(centre));
    }
    // Once a load: Salesforce waits for it with another page, where one is set.
    function standing() {
      if (!stands) void driver.ready();
      stands = true;
    }
    /** That other page would come in the place of the sign-in form, and stay until the browser is closed. */
    async function keepForm() {
      const told = await driver.settings();
      if (told.ok && Reflect.get(Object(told.value), '/reqGeneralInfo/reqStandbyUrl')) standing();
    }
    /** Also told when a tab is merely looked at again. @param {RecordRef|null} record */
    function viewed(record) {
      if (record) model.viewed = [record, ...model.viewed.filter(({ id }) => id !== record.id)].slice(0, VIEWED);
      send({ type: 'context', record });
      render();
    }
    /** @param {number} retryAt */
    function onDown(retryAt) {
      model.retryAt = retryAt;
      dialing.drop();
      offlineTimer ??= setTimeout(() => {
        model.stage = 'offline';
        render();
      }, OFFLINE_MS);
      render();
    }
    function onSignedOut() {
      clearTimeout(offlineTimer);
      offlineTimer = undefined;
      model.stage = 'signed-out';
      model.view = null;
      dialing.drop();
      render();
      if (!stands) void keepForm();
    }
    /**
     * What a listener throws would end in the library: the agent hears of it, and the call goes on.
     * @template T
     * @param {(told: T) => void} listener
     * @returns {(told: T) => void}
     */
    const safely = (listener) => (told) => {
      try {
        listener(told);
      } catch (thrown) {
        console.warn('softphone: a listener failed', thrown);
        say('listener', 'error', t('listener.failed', { reason: String(thrown) }));
      }
    };
    /** @param {Click} click */
    function clicked(click) {
      void driver.showPanel();
      dialing.dial({ ...click, clickedAt: pulse.since(), name: click.record?.name ?? '', workId: works.take(click.number) });
    }

    return {
      send,
      dial: dialing.dial,
      /** @param {object} request */
      control(request) {
        const id = makeId();
        if (send({ type: 'control', request_id: id, ...request })) dialing.expect(id);
        else say('dial', 'error', t('control.offline'));
      },
      /** Let the tab's click-to-dial and the utility item's label follow the model. */
      follow() {
        toggle.want(model.stage === 'live' && model.view?.click_to_dial === true);
        look.follow();
        stale.follow(model);
        if (model.view) channels?.tell(centre?.publish ?? '', model.view);
        if (model.view) void followUps?.follow(model.view);
        identify();
      },
      connect: () => socket.connect(),
      /** @param {CallCard|WrapupCard} card */
      async followUp(card) {
        try {
          const [{ createFollowUps }] = await Promise.all([import('./followup.js'), moreWords()]);
          followUps ??= createFollowUps(driver, t, popFailed);
          followUps.add(card);
          render();
        } catch {
          popFailed([]);
        }
      },
      async begin() {
        driver.onNavigation(safely(viewed));
        driver.onWork(safely((work) => {
          works.started(work);
          send({ type: 'work', work_id: work.workId, to: work.to, complete_when: work.completeWhen });
        }));
        document.addEventListener('visibilitychange', pulse.tick);
        const presence = () => send({ type: 'presence', visible: !document.hidden, focused: document.hasFocus() });
        document.addEventListener('visibilitychange', presence);
        window.addEventListener('focus', presence);
        window.addEventListener('blur', presence);
        window.addEventListener('online', () => socket.isUp() || socket.connect());
        setInterval(() => {
          pulse.tick();
          panel.update();
          stale.follow(model);
        }, TICK_MS);
        if (settings.sign_in === 'dev' && demoAgent) await signInByName(demoAgent);
        await socket.connect();
      },
      /** @param {string} typed a name in development, else a code or nothing */
      async signIn(typed) {
        // A pop-up that is closed tells nobody: its button stays in reach.
        const dev = settings.sign_in === 'dev';
        model.signIn = { ...model.signIn, busy: dev, failed: false, opened: !dev };
        render();
        // Loaded with the form: a pop-up that opens much later than the click is blocked.
        const { redeem, signInWithSalesforce } = await import('./signin.js');
        const done = await (dev ? signInByName(typed) : typed ? redeem(typed) : signInWithSalesforce(origin));
        model.signIn = { ...model.signIn, busy: false, failed: !done, opened: !done && model.signIn.opened };
        if (done) model.stage = 'connecting';
        render();
        if (done) await socket.connect();
      },
      /** @param {boolean} everywhere in every browser */
      async signOut(everywhere) {
        unsay('account');
        if (!(await signOut(origin, everywhere))) return say('signout', 'error', t('signout.failed'));
        socket.stop();
        channels?.stop();
        onSignedOut();
      },
    };
  }

  return { start };
}
