/**
 * The people and things of the demo org, each with a number that behaves in its own way: the last
 * four digits tell the simulator what to play.
 */

/** @import {ClickPayload, DemoField, DemoRecord} from './types.js' */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/**
 * An 18 character id: the last three letters say which of the others are capitals, five by five.
 * @param {string} prefix the object's key prefix, such as 003
 * @param {number} index
 */
export function recordId(prefix, index) {
  const short = `${prefix}Hp00000${String(index).padStart(5, '0')}`;
  const check = [0, 5, 10].map((start) => {
    const bits = [...short.slice(start, start + 5)].map((letter, bit) => (/[A-Z]/.test(letter) ? 1 << bit : 0));
    return LETTERS[bits.reduce((sum, bit) => sum + bit, 0)];
  });
  return short + check.join('');
}

/** @param {string} value @returns {DemoField} */
const phone = (value, label = 'Phone') => ({ label, value, kind: 'phone' });
/** @param {string} label @param {string} value @returns {DemoField} */
const text = (label, value) => ({ label, value });

const ACME = recordId('001', 1);
const PERSON = recordId('001', 2);
const PERSON_CONTACT = recordId('003', 9);

/** @type {DemoRecord[]} */
export const RECORDS = [
  {
    Id: recordId('003', 1), object: 'Contact', Name: 'Grace Okafor', accountId: ACME,
    tells: 'Picks up after a moment and talks for a while.',
    fields: [text('Title', 'Head of Procurement'), text('Account Name', 'Acme Freight'), phone('+1 202-555-9000'), phone('(202) 555-0111', 'Mobile'), text('Email', 'grace.okafor@acme.example')],
  },
  {
    Id: recordId('003', 2), object: 'Contact', Name: 'Bruno Silva', accountId: ACME,
    tells: 'Is always on the phone: the line is busy.',
    fields: [text('Title', 'Dispatcher'), text('Account Name', 'Acme Freight'), phone('+1 202-555-9002'), text('Email', 'bruno.silva@acme.example')],
  },
  {
    Id: recordId('003', 3), object: 'Contact', Name: 'Nora Lindqvist', accountId: ACME,
    tells: 'Lets it ring and never answers.',
    fields: [text('Title', 'Warehouse Manager'), text('Account Name', 'Acme Freight'), phone('+1 202-555-9001'), text('Email', 'nora.lindqvist@acme.example')],
  },
  {
    Id: recordId('003', 4), object: 'Contact', Name: 'Victor Maas', accountId: ACME,
    tells: 'Sends callers to voicemail.',
    fields: [text('Title', 'CFO'), text('Account Name', 'Acme Freight'), phone('+1 202-555-9003'), text('Email', 'victor.maas@acme.example')],
  },
  {
    Id: recordId('003', 5), object: 'Contact', Name: 'Pia Ferrari', accountId: ACME,
    tells: 'Your own phones ring, and you do not pick up.',
    fields: [text('Title', 'Assistant'), text('Account Name', 'Acme Freight'), phone('+1 202-555-9004'), text('Email', 'pia.ferrari@acme.example')],
  },
  {
    Id: recordId('003', 6), object: 'Contact', Name: 'Dana Reyes', accountId: ACME,
    tells: 'The phone system refuses the call outright.',
    fields: [text('Title', 'Auditor'), text('Account Name', 'Acme Freight'), phone('+1 202-555-9429'), text('Email', 'dana.reyes@acme.example')],
  },
  {
    Id: recordId('003', 7), object: 'Contact', Name: 'Ulf Hansen', accountId: ACME,
    tells: 'The phone system never says whether it placed the call.',
    fields: [text('Title', 'Driver'), text('Account Name', 'Acme Freight'), phone('+1 202-555-9504'), text('Email', 'ulf.hansen@acme.example')],
  },
  {
    Id: recordId('003', 10), object: 'Contact', Name: 'Tom Abebe', accountId: ACME,
    tells: 'You pick up only after 50 seconds, when nobody waits for it any more.',
    fields: [text('Title', 'Night Shift Lead'), text('Account Name', 'Acme Freight'), phone('+1 202-555-9009'), text('Email', 'tom.abebe@acme.example')],
  },
  {
    Id: recordId('003', 8), object: 'Contact', Name: 'Ines Moreau', accountId: ACME,
    tells: 'Her number has a typing mistake and cannot be dialed.',
    fields: [text('Title', 'Buyer'), text('Account Name', 'Acme Freight'), phone('202-555-01'), text('Email', 'ines.moreau@acme.example')],
  },
  {
    Id: recordId('00Q', 1), object: 'Lead', Name: 'Leo Brandt',
    tells: 'A Lead who picks up after a moment.',
    fields: [text('Company', 'Brandt & Sons'), text('Status', 'New'), phone('+1 202-555-0121')],
  },
  {
    Id: ACME, object: 'Account', Name: 'Acme Freight',
    tells: 'The switchboard picks up after a moment.',
    fields: [text('Industry', 'Logistics'), phone('+1 202-555-0131'), text('City', 'Washington')],
  },
  {
    Id: recordId('500', 1), object: 'Case', Name: '00001026 Late delivery', accountId: ACME, contactId: recordId('003', 1),
    tells: 'The call-back number picks up after a moment.',
    fields: [text('Status', 'Working'), text('Priority', 'High'), { ...phone('+1 202-555-0141', 'Call back'), params: 'case,callback' }],
  },
  {
    Id: PERSON, object: 'Account', Name: 'Mei Tanaka', personAccount: true, accountId: PERSON, contactId: PERSON_CONTACT,
    tells: 'A person account: its Task belongs on the person.',
    fields: [text('Type', 'Person Account'), phone('+1 202-555-0151'), text('City', 'Seattle')],
  },
  {
    Id: recordId('003', 11), object: 'Contact', Name: 'Olga Petrov', accountId: ACME,
    tells: 'Shares her number with two others: a call from it matches three records.',
    fields: [text('Title', 'Planner'), text('Account Name', 'Acme Freight'), phone('+1 202-555-0171')],
  },
  {
    Id: recordId('003', 12), object: 'Contact', Name: 'Sam Petrov', accountId: ACME,
    tells: 'Has the number that Olga and the depot have.',
    fields: [text('Title', 'Driver'), text('Account Name', 'Acme Freight'), phone('+1 202-555-0171')],
  },
  {
    Id: recordId('001', 3), object: 'Account', Name: 'Petrov Depot',
    tells: 'Is reached under the number of Olga and Sam.',
    fields: [text('Industry', 'Storage'), phone('+1 202-555-0171')],
  },
  {
    Id: recordId('a01', 1), object: 'Page', Name: 'A number on a page',
    tells: 'A phone link without any record behind it.',
    fields: [{ ...phone('+1 202-555-0161', 'Hotline'), bare: true }, text('Where', 'A custom component')],
  },
];

/**
 * What a phone link sends when it is clicked.
 * @param {DemoRecord} record
 * @param {DemoField} field
 * @returns {ClickPayload}
 */
export function payloadOf(record, field) {
  if (field.bare) return { number: field.value };
  return {
    number: field.value,
    recordId: record.Id,
    recordName: record.Name,
    objectType: record.object,
    ...(record.accountId ? { accountId: record.accountId } : {}),
    ...(record.contactId ? { contactId: record.contactId } : {}),
    ...(record.personAccount ? { personAccount: true } : {}),
    ...(field.params ? { params: field.params } : {}),
  };
}

/**
 * Records whose name holds the words or whose number holds the digits.
 * @param {DemoRecord[]} records
 * @param {string} words
 */
export function search(records, words) {
  const digits = words.replace(/\D/g, '').slice(-10);
  const name = words.trim().toLowerCase();
  return records.filter(({ Name, fields, object }) =>
    object !== 'Page' &&
    (Name.toLowerCase().includes(name) ||
      (digits.length >= 7 && fields.some(({ kind, value }) => kind === 'phone' && value.replace(/\D/g, '').endsWith(digits)))));
}

/** As the Apex class SoftphoneSearch tells them: who has a number and a name that begins so. @param {DemoRecord[]} records @param {string} words */
export function peopleNamed(records, words) {
  const starts = words.trim().toLowerCase().split(/\s+/);
  const fits = (/** @type {string} */ name) => starts.every((start) => name.toLowerCase().split(/\s+/).some((part) => part.startsWith(start)));
  return records.filter(({ object, Name }) => ['Contact', 'Lead', 'Account'].includes(object) && fits(Name)).map(({ Id, Name, object, fields }) => ({
    Id, Name, Type: object, Detail: fields.find(({ label }) => ['Title', 'Company', 'City'].includes(label))?.value ?? null,
    Numbers: fields.filter(({ kind }) => kind === 'phone').map(({ label, value }) => ({ Label: label, Number: value })),
  }));
}

/** The Tasks that show on a record. @param {DemoRecord} record @param {import('./types.js').Task[]} tasks */
export function activitiesOf(record, tasks) {
  const ids = [record.Id, ...(record.personAccount ? [record.contactId] : [])];
  return tasks.filter((task) => ids.includes(String(task['WhoId'] ?? '')) || ids.includes(String(task['WhatId'] ?? '')));
}
