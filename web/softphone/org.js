/**
 * What the org tells this page once per load: the call center's settings, the layout, the record in view.
 *
 * Transient refusals are retried (patience.js); permanent ones are retried with the next connection.
 */

import { readCallCenter, settingsFrame } from './call-center.js';

/** @import {CallCenterSettings} from './call-center.js' */
/** @import {Page} from './page.js' */
/** @import {Click, Driver, Frame, Layout, RecordRef} from './types.js' */

const VIEWED = 3;
export const RING_ON = 'softphone/ring-on';

class Org {
  /** @type {CallCenterSettings|null} */
  #callCenter = null;
  /** @type {Layout|null} */
  #layout = null;
  /** Loaded only if an admin has named a channel. @type {ReturnType<typeof import('./channels.js').createChannels>|null} */
  #channels = null;
  /** @type {((record: RecordRef|null) => Promise<void>)|null} */
  #numbersOf = null;
  #isReady = false;
  #asked = false;
  #page;
  #driver;
  #send;
  #clicked;

  /** @param {Page} page @param {Driver} driver @param {(frame: Frame) => boolean} send @param {(click: Click) => void} clicked */
  constructor(page, driver, send, clicked) {
    this.#page = page;
    this.#driver = driver;
    this.#send = send;
    this.#clicked = clicked;
  }

  callCenter = () => this.#callCenter;
  layout = () => this.#layout;

  /** Also called when a tab merely regains the focus. @param {RecordRef|null} record */
  viewed = (record) => {
    const { model, render } = this.#page;
    if (record) model.viewed = [record, ...model.viewed.filter(({ id }) => id !== record.id)].slice(0, VIEWED);
    this.#send({ type: 'context', record });
    void this.#askNumbers(record);
    render();
  };

  /** Only if Salesforce's own phone fields cannot be clicked. @param {RecordRef|null} record */
  async #askNumbers(record) {
    if (!this.#driver.phonesOf) return;
    if (!this.#numbersOf) {
      const { createNumbersOf } = await import('./recordnumbers.js');
      this.#numbersOf = createNumbersOf(this.#driver, this.#page.model, this.#page.render);
    }
    await this.#numbersOf(record);
  }

  /** The server is connected, for the first time or again. */
  connected() {
    if (this.#callCenter) void this.#send(settingsFrame(this.#callCenter));
    else void this.#readSettings();
    if (!this.#layout) void this.#readLayout();
    this.#channels?.listen(this.#callCenter?.listen ?? '');
    if (this.#asked) return;
    this.#asked = true;
    this.#ready();
    void this.#readRecord();
    if (this.#driver.directory) void this.#readDirectory();
  }

  /** Keep the sign-in form; otherwise Salesforce would replace it by the standby page until the browser is closed. */
  async keepForm() {
    if (this.#isReady) return;
    const told = await this.#driver.settings();
    if (told.ok && Reflect.get(Object(told.value), '/reqGeneralInfo/reqStandbyUrl')) this.#ready();
  }

  follow() {
    const { view } = this.#page.model;
    if (view) this.#channels?.tell(this.#callCenter?.publish ?? '', view);
  }

  leave = () => this.#channels?.stop();

  /** Report readiness once per load: if a standby page is set, Salesforce waits for this. */
  #ready() {
    if (!this.#isReady) void this.#driver.ready();
    this.#isReady = true;
  }
  /** @param {CallCenterSettings} settings */
  async #openChannels({ listen, publish }) {
    if (!listen && !publish) return;
    const { createChannels } = await import('./channels.js');
    this.#channels ??= createChannels(this.#driver, (number, record, params) => this.#page.safely(this.#clicked)({ number, record, params, clickedAt: Date.now() }));
    this.#channels.listen(listen);
  }
  async #readSettings() {
    const { t, say, unsay, reasonOf } = this.#page;
    const outcome = await this.#driver.settings();
    if (!outcome.ok) return say('call-center', 'warning', t('call-center.unread', { reason: reasonOf(outcome.errors) }));
    const settings = readCallCenter(outcome.value, location.search);
    this.#callCenter = settings;
    unsay('call-center');
    if (settings.problems.length > 0) say('call-center', 'warning', t('call-center.problem', { keys: settings.problems.join(', ') }));
    this.#show(settings);
    this.#send(settingsFrame(settings));
    await this.#openChannels(settings);
  }
  /** @param {CallCenterSettings} settings */
  #show({ ringProfiles, height, width }) {
    const { model, drafts, render } = this.#page;
    model.ringProfiles = ringProfiles;
    model.ringOn = ringProfiles.find((name) => name === drafts.getItem(RING_ON)) ?? '';
    model.height = height;
    if (width !== null) void this.#driver.size(null, width);
    render();
  }
  async #readLayout() {
    const outcome = await this.#driver.layout();
    this.#layout = outcome.ok ? /** @type {Layout|null} */ (outcome.value) : null;
    this.#page.model.layout = this.#layout;
    this.#page.render();
  }
  async #readDirectory() {
    const { model, say, t } = this.#page;
    const { entries = [], isWhole = true } = (await this.#driver.directory?.()) ?? {};
    model.directory = entries;
    if (!isWhole) say('directory', 'warning', t('directory.cut', { count: entries.length }));
    this.#page.render();
  }
  async #readRecord() {
    const outcome = await this.#driver.recordInView();
    if (outcome.ok) this.viewed(outcome.value);
  }
}

/** @param {Page} page @param {Driver} driver @param {(frame: Frame) => boolean} send @param {(click: Click) => void} clicked */
export const createOrg = (page, driver, send, clicked) => new Org(page, driver, send, clicked);
