/**
 * Salesforce's library, whose layout differs between its versions: the only file that knows it.
 *
 * 3.6 has one connector class; 4.2 has two; 4.8 asks the two for their abilities apart. Which one it
 * is is told by what the library exports. The library writes on the objects that it is handed, so
 * each one is made anew.
 */

/** @import {Abilities, Found, NeutralCall} from './types.js' */

/** @typedef {any} Library the global SCVConnectorBase */

/** An error with a type that the library knows, or with the name of one of our Custom Labels in the org. */
export class Refusal extends Error {
  /** @param {{type?: string, label?: string}} why */
  constructor({ type = '', label = '' }) {
    super(label || type);
    this.type = type;
    this.label = label;
  }
}

/** @param {Library} lib */
export function createClasses(lib) {
  const isSplit = Boolean(lib.TelephonyConnector);
  const asksApart = Boolean(lib.VoiceCapabilitiesResult);

  /** @param {NeutralCall} from */
  function call(from) {
    const made = new lib.PhoneCall({
      callId: from.callId,
      callType: from.type,
      state: from.state,
      phoneNumber: from.number,
      contact: contactOf(from),
      callAttributes: new lib.PhoneCallAttributes({ voiceCallId: from.voiceCallId || undefined, participantType: from.type === 'AddParticipant' ? 'Third_Party' : 'Initial_Caller', isOnHold: from.onHold }),
      callInfo: callInfo(from),
      reason: from.reason || undefined,
      agentStatus: from.agentStatus || undefined,
    });
    // The constructor drops a false.
    made.closeCallOnError = from.closeOnError;
    return made;
  }

  /** @param {Found} found */
  const colleague = ({ name, number }) => new lib.Contact({ id: number, type: 'PhoneBook', name, phoneNumber: number });

  /** @param {NeutralCall} from */
  const contactOf = (from) => new lib.Contact({ phoneNumber: from.number, name: from.name || undefined, recordId: from.recordId || undefined });

  /** @param {NeutralCall} from */
  const callInfo = ({ can, ...from }) => new lib.CallInfo({
    callStateTimestamp: from.since ? new Date(from.since) : null,
    isOnHold: from.onHold, isMuted: from.muted, isSoftphoneCall: false, isRecordingPaused: from.isPaused,
    acceptEnabled: can.answer, declineEnabled: can.decline, muteEnabled: can.mute, holdEnabled: can.hold,
    swapEnabled: can.consult && from.hasThird, conferenceEnabled: can.conference && from.hasThird, recordEnabled: can.pause_recording && from.recording !== '',
    addCallerEnabled: (can.transfer || can.consult) && !from.hasThird, extensionEnabled: can.digits,
    showMuteButton: can.mute, showRecordButton: can.pause_recording, showAddCallerButton: can.transfer || can.consult, showAddBlindTransferButton: can.transfer,
    showMergeButton: can.conference, showSwapButton: can.consult, endCallDisabled: !can.hang_up,
  });

  /** @param {Abilities} can */
  function abilities(can) {
    const voice = {
      hasMute: can.mute, hasRecord: can.pause_recording, hasMerge: can.conference, hasSwap: can.consult, hasBlindTransfer: can.transfer, hasSignedRecordingUrl: false,
      supportsMos: false, hasSupervisorListenIn: false, hasSupervisorBargeIn: false, hasPhoneBook: true, isDialPadDisabled: !can.digits,
      isPhoneBookDisabled: false, canConsult: false, isHidSupported: false,
    };
    const shared = { debugEnabled: false, hasContactSearch: true, hasAgentAvailability: false, hasQueueWaitTime: false, hasTransferToOmniFlow: false, hasPendingStatusChange: false };
    return { voice, shared };
  }

  const desk = () => new lib.Phone({ type: 'DESK_PHONE', number: '' });

  return {
    layout: asksApart ? '4.8' : isSplit ? '4.2' : '3.6',
    call,
    callResult: (/** @type {NeutralCall} */ from) => new lib.CallResult({ call: call(from) }),
    hangupResult: (/** @type {NeutralCall[]} */ from) => new lib.HangupResult({ calls: from.map(call) }),
    holdResult: (/** @type {boolean} */ isCustomerOnHold, /** @type {NeutralCall[]} */ from, isThirdPartyOnHold = false, isCallMerged = false) =>
      new lib.HoldToggleResult({ isThirdPartyOnHold, isCustomerOnHold, isCallMerged, calls: Object.fromEntries(from.map((one) => [one.callId, call(one)])) }),
    recordingResult: (/** @type {boolean} */ isRecordingPaused) => new lib.RecordingToggleResult({ isRecordingPaused }),
    muteResult: (/** @type {boolean} */ isMuted, /** @type {NeutralCall} */ from) => new lib.MuteToggleResult({ isMuted, call: call(from) }),
    participantResult: (/** @type {NeutralCall} */ from, /** @type {string} */ phoneNumber, initialCallHasEnded = true) =>
      new lib.ParticipantResult({ initialCallHasEnded, callInfo: callInfo(from), phoneNumber, callId: from.callId }),
    activeCalls: (/** @type {NeutralCall[]} */ from) => new lib.ActiveCallsResult({ activeCalls: from.map(call) }),
    initResult: (/** @type {boolean} */ showLogin) => new lib.InitResult({ showLogin, loginFrameHeight: 350 }),
    agentConfig: () => new lib.AgentConfigResult({ phones: ['DESK_PHONE'], selectedPhone: desk() }),
    success: () => new lib.GenericResult({ success: true }),
    /** The agent's status is Salesforce's own affair: nothing has to be synchronized. */
    statusTaken: () => (lib.SetAgentStateResult ? new lib.SetAgentStateResult({ success: true, isStatusSyncNeeded: false }) : new lib.GenericResult({ success: true })),
    loggedOut: () => new lib.LogoutResult({ success: true, loginFrameHeight: 350 }),
    phoneContacts: (/** @type {Found[]} */ found) => new lib.PhoneContactsResult({ contacts: found.map(colleague), contactTypes: ['PhoneBook'] }),
    contacts: (/** @type {Found[]} */ found) => new lib.ContactsResult({ contacts: found.map(colleague), contactTypes: ['PhoneBook'] }),
    /** @param {Refusal} refusal */
    error({ type, label }) {
      if (label) return new lib.CustomError({ labelName: label, namespace: 'c' });
      return Object.assign(new Error(type), { type });
    },
    /**
     * The connector, from plain functions of our own; what is left out fails by the library's rules.
     * @param {{[name: string]: (...args: any[]) => any}} methods @param {() => Abilities} can
     */
    connector(methods, can) {
      const Vendor = lib.VendorConnector;
      const vendor = new Vendor();
      const telephony = isSplit ? new lib.TelephonyConnector() : vendor;
      for (const [name, method] of Object.entries(methods)) {
        // Which of the two has a method is the library's own word.
        const owner = name in telephony || !(name in vendor) ? telephony : vendor;
        owner[name] = method;
        if (name in vendor) vendor[name] = method;
      }
      if (isSplit) vendor.getTelephonyConnector = async () => telephony;
      if (asksApart) {
        vendor.getSharedCapabilities = async () => new lib.SharedCapabilitiesResult(abilities(can()).shared);
        telephony.getVoiceCapabilities = async () => new lib.VoiceCapabilitiesResult(abilities(can()).voice);
      } else {
        telephony.getCapabilities = async () => {
          const { voice, shared } = abilities(can());
          return new lib.CapabilitiesResult({ ...shared, ...voice });
        };
      }
      return vendor;
    },
  };
}
