/** Open CTI as the page knows it: the driver of one experience, and the values that pass through it. */

import type { RecordRef } from './types.js';

export interface CtiError {
  code: string;
  message: string;
  details?: unknown;
}

/** What became of an Open CTI call. `timedOut` = nobody knows whether it happened; `isUnclear`: nor does the answer tell. */
export type Outcome<T = unknown> =
  | { ok: true; value: T }
  | { ok: false; errors: CtiError[]; timedOut: boolean; isUnclear?: boolean };

/** A click on a phone link: the raw number and the record that it stands on. */
export interface Click {
  number: string;
  record: RecordRef | null;
  params: string;
  clickedAt: number;
}

/** What a deferred search found. `pop` goes back to `popFound` as it is; null: nothing to pop. */
export interface Found {
  records: RecordRef[];
  /** The same as the search has told them, by id: with the fields that the layout selects. */
  rows?: { [recordId: string]: object };
  pop: unknown;
}

/** As getSoftphoneLayout tells it, by "Inbound", "Outbound" and "Internal". */
export type Layout = { [callType: string]: LayoutPart | undefined };

export interface LayoutPart {
  /** The fields that the layout selects of each object. */
  objects?: { [object: string]: { displayName: string; apiName: string }[] };
  screenPopSettings?: object;
  /** ANI, DNIS, SEGMENT, QUEUE, as far as the layout shows them. */
  callRelatedFields?: string[];
}

/** What Salesforce answered to a search for people; `value` is the Apex class's. */
export type PeopleFound = { ok: true; value: unknown } | { ok: false };

/** A number of the call center's directory. */
export interface DirectoryEntry {
  name: string;
  number: string;
  description: string;
}

/** A phone field of a record. */
export interface RecordPhone {
  field: string;
  label: string;
  number: string;
}

/** A work item of Sales Engagement; `to` is its number, as Salesforce writes it. */
export interface Work {
  workId: string;
  to: string;
  completeWhen: string;
}

/**
 * One Open CTI experience. `lightning.js` is the first; a Classic driver stands beside it with
 * the same methods, so that nothing else in the page knows which experience it runs in.
 * No method throws; none stays unanswered save `saveLog`, whose late answer still counts.
 * What an experience does not have is answered with the code UNSUPPORTED, and shown to nobody.
 */
export interface Driver {
  surface: 'lightning' | 'classic' | 'lwc' | 'voice';
  /** Ask something harmless: the proof that somebody answers at all. */
  probe(): Promise<Outcome>;
  enable(): Promise<Outcome>;
  disable(): Promise<Outcome>;
  /** Register once per page load: the library never forgets a listener. */
  onClick(listener: (click: Click) => void): void;
  onNavigation(listener: (record: RecordRef | null) => void): void;
  recordInView(): Promise<Outcome<RecordRef | null>>;
  showPanel(): Promise<Outcome>;
  /** The item in the utility bar, and the panel's head. `icon` is a utility icon of the SLDS. */
  look(label: string, icon: string): Promise<Outcome>;
  /** Pixels; null leaves that side as it is. */
  size(height: number | null, width: number | null): Promise<Outcome>;
  ready(): Promise<Outcome>;
  /** The call center's definition: a flat map of "/section/item" to text. */
  settings(): Promise<Outcome>;
  layout(): Promise<Outcome>;
  /** `args` as searchAndScreenPop takes them, deferred. */
  search(args: object): Promise<Outcome<Found>>;
  popFound(pop: unknown): Promise<Outcome>;
  /** `type` is a name of SCREENPOP_TYPE: SOBJECT, URL, OBJECTHOME, LIST, SEARCH, NEW_RECORD_MODAL, FLOW. */
  pop(type: string, params: object): Promise<Outcome>;
  onWork(listener: (work: Work) => void): void;
  completeWork(workId: string, attributes: object): Promise<Outcome>;
  /** Its value is what `unsubscribe` wants to have back. */
  subscribe(channel: string, listener: (message: any) => void): Promise<Outcome>;
  unsubscribe(channel: string, subscription: unknown): Promise<Outcome>;
  publish(channel: string, message: object): Promise<Outcome>;
  saveLog(value: object, onReply: (outcome: Outcome) => void): void;
  refresh(): Promise<Outcome>;
  /** The call center's directory, where the experience has one. */
  directory?(): Promise<{entries: DirectoryEntry[], isWhole: boolean}>;
  /** The phone numbers of a record, where the experience can tell them: [{field, label, number}]. */
  phonesOf?(recordId: string): Promise<Outcome>;
  /** A read that the server asks for by name. */
  perform(method: string, args: object): Promise<Outcome>;
}
