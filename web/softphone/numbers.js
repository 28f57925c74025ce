/** Phone numbers as they are typed. Only the server decides what may be dialed. */

/** @import {DirectoryEntry, RecentRow, RecordRef} from './types.js' */

/**
 * Group the digits of a North American number; leave other text as typed.
 * @param {string} text
 * @param {number} [countryCode] the agent's country, which a number without a plus belongs to
 */
export function formatTyped(text, countryCode = 1) {
  if (!/^\+?[\d\s().-]+$/.test(text)) return text;
  const digits = text.replace(/\D/g, '');
  const plus = text.trimStart().startsWith('+');
  if (plus ? !digits.startsWith('1') : countryCode !== 1) return text;
  const national = plus || digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : digits;
  if (national.length < 7 || national.length > 10) return text;
  const prefix = plus ? '+1 ' : digits.length === 11 ? '1 ' : '';
  if (national.length === 7) return plus ? text : `${national.slice(0, 3)}-${national.slice(3)}`;
  return `${prefix}(${national.slice(0, 3)}) ${national.slice(3, 6)}-${national.slice(6)}`;
}

/** Whether a name was typed rather than a number: letters, and hardly a digit. @param {string} text */
export const isName = (text) => /\p{L}/u.test(text) && text.replace(/\D/g, '').length < 3;

/**
 * Recent calls that a half-typed number or name may mean.
 * @param {RecentRow[]} rows newest first
 * @param {string} query
 */
export function matchRecent(rows, query) {
  const words = query.trim().toLowerCase();
  const digits = query.replace(/\D/g, '');
  if (!words) return rows;
  return rows.filter(
    ({ name, record, number }) =>
      `${record?.name ?? ''} ${name ?? ''}`.toLowerCase().includes(words) ||
      (digits.length > 1 && number.replace(/\D/g, '').includes(digits)),
  );
}

/**
 * Numbers of the call center's directory that a half-typed number or name may mean.
 * @param {DirectoryEntry[]} entries @param {string} query @returns {RecentRow[]}
 */
export function matchDirectory(entries, query) {
  if (!query.trim()) return [];
  /** @type {RecentRow[]} */
  const rows = entries.map(({ name, number, description }) => ({
    call_id: `directory/${name}/${number}`, direction: 'outbound', number, display: number, name,
    record: null, started_at: 0, talk_seconds: null, outcome: description,
  }));
  return matchRecent(rows, query);
}

/** @param {string} name @returns {string} at most two letters; empty for a bare number */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => [...(word ?? '')][0]?.toUpperCase() ?? '').join('');
}

/**
 * The other party, by the best-known name.
 * @param {{record: RecordRef|null, name?: string|null, display: string}} call
 */
export const whoIs = ({ record, name, display }) => record?.name || name || display;
