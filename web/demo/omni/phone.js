/** What Omni-Channel's phone shows: a value, made of what the connector told. No elements here. */

/** @typedef {{id: string, number: string, name: string, type: string, state: 'ringing'|'connected'|'work', held: boolean, muted: boolean, info: any}} Live */
/** @typedef {{isReady: boolean, needsSignIn: boolean, can: any, error: string, calls: Live[]}} Phone */

/** @type {Phone} */
export const START = { isReady: false, needsSignIn: false, can: {}, error: '', calls: [] };

/** @param {any} call @param {Live['state']} state @returns {Live} */
const live = (call, state) => ({
  id: call.callId, number: call.phoneNumber ?? '', name: call.contact?.name ?? '', type: String(call.callType), state,
  held: Boolean(call.callInfo?.isOnHold), muted: Boolean(call.callInfo?.isMuted), info: call.callInfo ?? {},
});

/** @param {Phone} phone @param {Live} call */
const withCall = (phone, call) => ({ ...phone, error: '', calls: [...phone.calls.filter(({ id }) => id !== call.id), call] });

/** @param {Phone} phone @param {string} id @param {Partial<Live>} change */
const changed = (phone, id, change) => ({ ...phone, calls: phone.calls.map((call) => (call.id === id ? { ...call, ...change } : call)) });

/** @param {Phone} phone @param {string} id */
const without = (phone, id) => ({ ...phone, calls: phone.calls.filter((call) => call.id !== id) });

/** Words for an error: those of our labels are deployed into the org. @param {any} payload @param {{[label: string]: string}} labels */
const words = ({ message, customError }, labels) => (customError ? labels[customError.labelName] ?? `We couldn't find ${customError.labelName}` : String(message));

/**
 * The phone after one more piece of news.
 * @param {Phone} phone @param {string} event @param {any} payload @param {{[label: string]: string}} labels @returns {Phone}
 */
export function told(phone, event, payload, labels) {
  switch (event) {
    case 'SHOW_LOGIN': return { ...phone, needsSignIn: true, isReady: false };
    case 'LOGIN_RESULT': return { ...phone, needsSignIn: false };
    case 'LOGOUT_RESULT': return { ...START, needsSignIn: true };
    case 'CONNECTOR_READY': return { ...phone, isReady: Boolean(payload?.capabilities), can: payload?.capabilities ?? {}, needsSignIn: false };
    case 'CALL_STARTED': return withCall(phone, live(payload, 'ringing'));
    case 'CALL_CONNECTED': return withCall(phone, live(payload, 'connected'));
    case 'HANGUP': return [payload].flat().reduce((one, call) => without(one, call.callId), phone);
    case 'AFTER_CALL_WORK_STARTED': return withCall(phone, { ...live({ callId: payload.callId }, 'work') });
    case 'HOLD_TOGGLE': return Object.keys(payload.calls ?? {}).reduce((one, id) => changed(one, id, { held: payload.isCustomerOnHold }), phone);
    case 'MUTE_TOGGLE': return payload.call ? changed(phone, payload.call.callId, { muted: payload.isMuted }) : phone;
    case 'ERROR': return { ...phone, error: words(payload, labels) };
    default: return phone;
  }
}
