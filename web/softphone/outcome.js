/** The result of an Open CTI callback, in one shape. */

/** @import {CtiError, Outcome} from './types.js' */

/** A listener may receive anything; some values cannot even be converted to text. @param {unknown} value */
export const textOf = (value) => (typeof value === 'object' ? '' : String(value ?? ''));

const STATUS = /\b[A-Z]{3,}(?:_[A-Z]{2,})+\b/;
/** Salesforce puts its status code into the message; it distinguishes permanent from transient errors. @param {string} text */
export const codeIn = (text) => STATUS.exec(text)?.[0] ?? 'GENERIC_ERROR';

/**
 * Field and page errors are in `details`, which is an object or an array of objects.
 * @param {unknown} details
 * @returns {CtiError[]}
 */
function detailErrors(details) {
  /** @type {any[]} */
  const parts = [details].flat().filter((part) => part && typeof part === 'object');
  return parts.flatMap((part) => {
    const byField = Object.entries(part.fieldErrors ?? {}).flatMap(([field, errors]) =>
      [errors].flat().map((error) => ({ field, ...Object(error) })),
    );
    return [...byField, ...[part.pageErrors ?? []].flat().map(Object)].map((error) => ({
      code: String(error.statusCode ?? 'FIELD_ERROR'),
      message: [error.fieldLabel, error.message].filter(Boolean).join(': '),
      details: { field: error.columnApiName ?? error.field ?? null },
    }));
  });
}

/** Salesforce's message; the description is often only "see the details". @param {any} error */
function messageOf({ details, description, message, code }) {
  const own = typeof details === 'string' ? details : [details].flat().map((part) => Object(part).message).find(Boolean);
  return String(own || (description ?? message ?? code ?? ''));
}

/**
 * @param {unknown} errors null, an error, or an array of `{code, description, details}`
 * @returns {CtiError[]} never empty: a failure without a reason is an error, too
 */
export function normaliseErrors(errors) {
  const found = [errors ?? []].flat().map((/** @type {any} */ error) => {
    if (typeof error !== 'object' || error === null) {
      return { code: codeIn(String(error)), message: String(error) };
    }
    const specific = detailErrors(error.details);
    const words = specific.map((one) => one.message).filter(Boolean).join(' ');
    return {
      code: String(error.code ?? 'GENERIC_ERROR'),
      message: words || messageOf(error),
      ...(error.details === undefined || error.details === null ? {} : { details: error.details }),
    };
  });
  return found.length > 0 ? found : [{ code: 'GENERIC_ERROR', message: '' }];
}

/**
 * An answer that is neither success nor failure is unclear: the request may have been carried out.
 * @param {any} reply the callback's one argument
 * @returns {Outcome}
 */
export function readReply(reply) {
  // Some answers have the other experience's shape.
  const { success, returnValue = null, error = null, errors = error } = Object(reply);
  if (success === true || success === 'true') return { ok: true, value: returnValue };
  const isRefusal = success === false || success === 'false' || [errors ?? []].flat().length > 0;
  return { ok: false, errors: normaliseErrors(errors), timedOut: false, ...(isRefusal ? {} : { isUnclear: true }) };
}

/**
 * A library that throws has done nothing.
 * @param {unknown} thrown
 * @returns {Outcome}
 */
export function thrownOutcome(thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { ok: false, errors: [{ code: 'LIBRARY_ERROR', message }], timedOut: false };
}

/**
 * The id of the saved Task: `{recordId}` in practice, "ID of object" in the guide.
 * @param {unknown} value
 * @returns {string|undefined}
 */
export function savedId(value) {
  const id = typeof value === 'object' && value !== null ? Reflect.get(value, 'recordId') : value;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/**
 * Call something that answers by callback, and stop waiting after `ms`.
 * @param {(onReply: (reply: unknown) => void) => void} call
 * @param {number} ms
 * @returns {Promise<Outcome>}
 */
export function timed(call, ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ ok: false, errors: [{ code: 'TIMEOUT', message: '' }], timedOut: true });
    }, ms);
    const settle = (/** @type {Outcome} */ outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    try {
      call((reply) => settle(readReply(reply)));
    } catch (thrown) {
      settle(thrownOutcome(thrown));
    }
  });
}
