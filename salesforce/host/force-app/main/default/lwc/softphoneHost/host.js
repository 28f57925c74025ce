/**
 * The requests and events of the softphone's page. Lightning's own modules are passed in as
 * `platform`, and the connection as `createWire`.
 */

/** The message channel of this package: news of the phone, and requests to call. */
export const CHANNEL = 'SoftphoneHost__c';

const CLOSED = 'Salesforce cannot do this here.';

function unsupported(what) {
  throw { code: 'UNSUPPORTED', message: `${CLOSED} (${what})` };
}

/** Lightning's page reference for each kind of pop. */
export function referenceOf(type, params, encode) {
  const { recordId, url, scope, listViewId, entityName, defaultFieldValues, flowDevName, flowArgs } = params;
  switch (type) {
    case 'SOBJECT': return { type: 'standard__recordPage', attributes: { recordId, actionName: 'view' } };
    case 'URL': return { type: 'standard__webPage', attributes: { url } };
    case 'OBJECTHOME': return { type: 'standard__objectPage', attributes: { objectApiName: scope, actionName: 'home' } };
    case 'LIST': return scope
      ? { type: 'standard__objectPage', attributes: { objectApiName: scope, actionName: 'list' }, state: { filterName: listViewId } }
      : null;
    case 'NEW_RECORD_MODAL': return {
      type: 'standard__objectPage', attributes: { objectApiName: entityName, actionName: 'new' },
      state: { defaultFieldValues: encode(defaultFieldValues ?? {}), nooverride: '1' },
    };
    case 'FLOW': return {
      type: 'standard__flow', attributes: { devName: flowDevName },
      state: Object.fromEntries((flowArgs ?? []).map(({ name, value }) => [`flow__${name}`, value])),
    };
    default: return null;
  }
}

/** Apex's answer to a save: the Task's id, or the errors as data. */
function savedOf({ recordId, errors = [] }) {
  if (recordId) return { recordId };
  const fieldErrors = {};
  const pageErrors = [];
  for (const { statusCode, message, fields = [] } of errors) {
    if (fields.length === 0) pageErrors.push({ statusCode, message });
    for (const { name, label } of fields) {
      const told = { statusCode, message, fieldLabel: label, columnApiName: name };
      fieldErrors[name] = [...(fieldErrors[name] ?? []), told];
    }
  }
  const [{ statusCode: code = 'SERVER_ERROR', message = '' } = {}] = errors;
  throw { code, message, details: { fieldErrors, pageErrors } };
}

/** The utility item. It can be changed only after Salesforce has given its id. */
function panelMethods({ utility }) {
  return {
    probe: () => true,
    async showPanel() {
      await utility.open({ autoFocus: true });
    },
    isSoftphonePanelVisible: async () => ({ visible: (await utility.getInfo()).utilityVisible === true }),
    async look({ label, icon }) {
      await Promise.all([utility.updateUtility({ label, icon }), utility.updatePanel({ label, icon })]);
    },
    async size({ height, width }) {
      await utility.updatePanel({ ...(height ? { height } : {}), ...(width ? { width } : {}) });
    },
  };
}

/** Search, show and save records. */
function recordMethods({ apex, navigate, encodeDefaultFieldValues, refresh }) {
  return {
    search: async ({ number }) => apex.findCallers({ phone: number }),
    phonesOf: async ({ recordId }) => apex.phonesOf({ recordId }),
    async pop({ type, params }) {
      const reference = referenceOf(type, Object(params), encodeDefaultFieldValues);
      if (!reference) unsupported(`screenPop ${type}`);
      await navigate(reference);
    },
    async saveCall({ callId, attempt, recordId, fields }) {
      const given = { callId, attempt, recordId: recordId ?? null, fields: JSON.stringify(fields) };
      const told = await apex.saveCall(given);
      return savedOf(told);
    },
    refresh: ({ recordIds }) => refresh(recordIds),
    settings: () => apex.settings(),
    runApex: async ({ apexClass, methodName, methodParams }) =>
      ({ runApex: await apex.ask({ method: `${apexClass}.${methodName}`, params: methodParams }) }),
  };
}

/**
 * @param createWire of wire.js
 * @param platform `frame()`, `origin` of the softphone, `utility`, `apex`, `navigate`, `refresh`,
 * `encodeDefaultFieldValues`, `publish(message)` on our channel, and `onPage` for each load of the page
 */
export function createHost(createWire, platform) {
  let enabled = false;
  let listening = false;
  let record = null;
  let moves = 0;

  /** Components with numbers follow it: their buttons are off during a call. */
  function dialable(on) {
    enabled = on;
    platform.publish({ kind: 'dialable', enabled: on });
  }
  const methods = {
    ...panelMethods(platform), ...recordMethods(platform),
    enable: () => dialable(true),
    disable: () => dialable(false),
    recordInView: () => record,
    subscribe({ channel }) {
      if (channel !== CHANNEL) unsupported(channel);
      listening = true;
    },
    unsubscribe() {
      listening = false;
    },
    publish({ channel, message }) {
      if (channel !== CHANNEL) unsupported(channel);
      platform.publish(message);
    },
  };
  const wire = createWire({
    frame: platform.frame, origin: platform.origin, methods,
    // A page that has just loaded has reported nothing yet, so no number can be clicked.
    onPage() {
      dialable(false);
      platform.onPage?.();
    },
  });

  return {
    receive: wire.receive,
    /** A message of the channel: a click, a request to call, or a request for the current state. */
    heard(message) {
      const { kind } = Object(message);
      if (kind === 'ask') platform.publish({ kind: 'dialable', enabled });
      if (kind === 'click' && enabled) wire.tell('click', message);
      if (kind === 'dial' && listening) wire.tell('channel', message);
    },
    /** The agent's current page reference; a late answer about the previous one is dropped. */
    async viewed(reference) {
      const mine = (moves += 1);
      const { type, attributes } = Object(reference);
      const id = type === 'standard__recordPage' ? attributes?.recordId ?? null : null;
      const seen = id ? await platform.apex.recordOf({ recordId: id }).catch(() => ({ recordId: id })) : null;
      if (mine !== moves) return;
      record = seen;
      wire.tell('navigation', seen);
    },
    /** The port first: Salesforce may have taken the message channel away already. */
    close() {
      wire.close();
      dialable(false);
    },
  };
}
