/**
 * What the org tells this page once a load: the call center's settings, the layout, the record in view.
 *
 * What it refused for the moment is asked again (patience.js); what it refused altogether is asked
 * again with the next connection.
 */

import { readCallCenter, settingsFrame } from './call-center.js';

/** @import {CallCenterSettings} from './call-center.js' */
/** @import {Page} from './page.js' */
/** @import {Click, Driver, Frame, Layout, RecordRef} from './types.js' */

const VIEWED = 3;
export const RING_ON = 'softphone/ring-on';

/** @param {Page} page @param {Driver} driver @param {(frame: Frame) => boolean} send @param {(click: Click) => void} clicked */
export function createOrg(page, driver, send, clicked) {
  const { model, t } = page;
  /** @type {CallCenterSettings|null} */
  let callCenter = null;
  /** @type {Layout|null} */
  let layout = null;
  /** Loaded only where an admin has named a channel. @type {ReturnType<typeof import('./channels.js').createChannels>|null} */
  let channels = null;
  let isReady = false;
  let asked = false;

  /** Also told when a tab is merely looked at again. @param {RecordRef|null} record */
  function viewed(record) {
    if (record) model.viewed = [record, ...model.viewed.filter(({ id }) => id !== record.id)].slice(0, VIEWED);
    send({ type: 'context', record });
    page.render();
  }
  /** Once a load: Salesforce waits for it with another page, where one is set. */
  function ready() {
    if (!isReady) void driver.ready();
    isReady = true;
  }
  async function openChannels(/** @type {CallCenterSettings} */ { listen, publish }) {
    if (!listen && !publish) return;
    const { createChannels } = await import('./channels.js');
    channels ??= createChannels(driver, (number, record, params) => page.safely(clicked)({ number, record, params, clickedAt: Date.now() }));
    channels.listen(listen);
  }
  async function readSettings() {
    const outcome = await driver.settings();
    if (!outcome.ok) return page.say('call-center', 'warning', t('call-center.problem', { keys: page.reasonOf(outcome.errors) }));
    callCenter = readCallCenter(outcome.value, location.search);
    page.unsay('call-center');
    if (callCenter.problems.length > 0) page.say('call-center', 'warning', t('call-center.problem', { keys: callCenter.problems.join(', ') }));
    model.ringProfiles = callCenter.ringProfiles;
    model.ringOn = callCenter.ringProfiles.find((name) => name === page.drafts.getItem(RING_ON)) ?? '';
    model.height = callCenter.height;
    if (callCenter.width !== null) void driver.size(null, callCenter.width);
    send(settingsFrame(callCenter));
    page.render();
    await openChannels(callCenter);
  }
  async function readLayout() {
    const outcome = await driver.layout();
    layout = outcome.ok ? /** @type {Layout|null} */ (outcome.value) : null;
    model.layout = layout;
    page.render();
  }
  async function readDirectory() {
    model.directory = (await driver.directory?.()) ?? [];
    page.render();
  }
  async function readRecord() {
    const outcome = await driver.recordInView();
    if (outcome.ok) viewed(outcome.value);
  }

  return {
    viewed,
    callCenter: () => callCenter,
    layout: () => layout,
    /** The server is there, for the first time or again. */
    connected() {
      if (callCenter) void send(settingsFrame(callCenter));
      else void readSettings();
      if (!layout) void readLayout();
      channels?.listen(callCenter?.listen ?? '');
      if (asked) return;
      asked = true;
      ready();
      void readRecord();
      if (driver.directory) void readDirectory();
    },
    /** The page that Salesforce would show instead takes the place of the sign-in form, until the browser is closed. */
    async keepForm() {
      if (isReady) return;
      const told = await driver.settings();
      if (told.ok && Reflect.get(Object(told.value), '/reqGeneralInfo/reqStandbyUrl')) ready();
    },
    follow() {
      if (model.view) channels?.tell(callCenter?.publish ?? '', model.view);
    },
    leave: () => channels?.stop(),
  };
}
