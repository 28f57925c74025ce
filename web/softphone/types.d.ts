/** The shapes that pass between the page's modules: frames of `softphone.v1`, the model, what the panel does. */

import type { CtiError, DirectoryEntry, Layout, PeopleFound, RecordPhone } from './opencti.js';

export type * from './opencti.js';

export interface RecordRef {
  id: string;
  name?: string;
  object_type?: string;
  account_id?: string;
  contact_id?: string;
  person_account?: boolean;
}

/** `who` and `what`: a link that the agent picked; without an id (or null) it is cleared. */
export interface Draft {
  subject?: string;
  notes?: string;
  disposition?: string;
  follow_up?: boolean;
  who?: RecordRef | null;
  what?: RecordRef | null;
  /** What the admin has asked for, by the field's name. */
  fields?: { [name: string]: string };
}

export type DraftField = 'subject' | 'notes' | 'disposition';

/** A field that the admin asks for; without choices it is text. */
export interface AskedField {
  name: string;
  label: string;
  choices: string[];
  required: boolean;
}

export type Phase =
  | 'idle'
  | 'ringing-user-devices'
  | 'dialing-destination'
  | 'bridged'
  | 'ringing-inbound'
  | 'wrapup';

export type Direction = 'outbound' | 'inbound' | 'internal';

/** A live call. Times are milliseconds of the server's clock. */
export interface CallCard {
  call_id: string;
  state: Phase;
  direction: Direction;
  number: string;
  display: string;
  /** The number of ours that was called, as it is dialed and as it is read; only of a call that came in. */
  called_number?: string;
  called_display?: string;
  /** What the click brought along for the phone system. */
  params?: string;
  name?: string | null;
  record: RecordRef | null;
  /** What a search by the number found, for the agent to pick from. */
  matches: RecordRef[];
  started_at: number;
  since: number;
  connected_at: number | null;
  unconfirmed: boolean;
  deadline: number | null;
  draft: Draft;
  /** The other party waits. */
  held?: boolean;
  muted?: boolean;
  recording?: 'on' | 'paused';
  /** Who was called into the call. */
  third?: Third | null;
}

export interface Third {
  number: string;
  display: string;
  since: number;
  state: 'ringing' | 'talking' | 'waiting' | 'joined';
}

export type LogState = 'saving' | 'saved' | 'waiting' | 'unconfirmed' | 'refused' | 'none';

/** A call that is over and waits for the agent's words. */
export interface WrapupCard {
  call_id: string;
  direction: Direction;
  number: string;
  display: string;
  called_number?: string;
  called_display?: string;
  /** What the click brought along for the phone system. */
  params?: string;
  name?: string | null;
  record: RecordRef | null;
  matches: RecordRef[];
  outcome: string;
  /** Of ours, so that the panel says it in its own language; an admin's own word has none. */
  outcome_code?: string;
  talk_seconds: number | null;
  started_at: number;
  ended_at: number;
  deadline: number | null;
  draft: Draft;
  log: { state: LogState; record_id?: string | null };
}

/** Of a call, live or over: what is needed to say to what its Task is related. */
export type Relatable = Pick<WrapupCard, 'record' | 'matches' | 'draft'> & { state?: string };

export interface TrayRow {
  log_id: string;
  call_id: string;
  number: string;
  display: string;
  /** As the caller ID told it. */
  name?: string;
  direction: Direction;
  record: RecordRef | null;
  started_at: number;
  talk_seconds: number | null;
  outcome: string;
  /** Of ours, so that the panel says it in its own language; an admin's own word has none. */
  outcome_code?: string;
  reason: string;
  errors: { code: string; message: string; field?: string | null }[];
  record_ids: string[];
  actions: string[];
  draft: Draft;
}

export interface RecentRow {
  call_id: string;
  direction: Direction;
  number: string;
  display: string;
  name?: string | null;
  record: RecordRef | null;
  started_at: number;
  talk_seconds: number | null;
  outcome: string;
  /** Of ours, so that the panel says it in its own language; an admin's own word has none. */
  outcome_code?: string;
  task_id?: string | null;
}

/** Somebody of the house; `state` is what keeps them from a call. */
export interface Colleague {
  name: string;
  number: string;
  state: '' | 'busy' | 'away' | 'do-not-disturb';
  reason: string;
}

export interface HistoryQuery {
  kind: string;
  record?: string;
  search?: string;
  after?: unknown;
}

export interface CallPage {
  rows: RecentRow[];
  /** Where the next page begins; null: this is the last one. */
  after: unknown;
}

/** Something that the agent is told; `code` picks the words, `text` is the English fallback. */
export interface Note {
  code: string;
  text: string;
  at: number;
}

/** How something is to be taken: `quiet` is not said at all, for it is seen anyway. */
export type Tone = 'quiet' | 'good' | 'info' | 'warning' | 'error';

/** What became of a request. */
export interface Answer extends Note {
  request_id: string;
  tone?: Tone;
}

/** Whether the agent wants calls, and what the phone system makes of that. */
export interface Availability {
  status: 'available' | 'away' | 'do-not-disturb';
  /** One of the admin's; of who is away. */
  reason: string;
  since: number;
  applied: '' | 'shown' | 'asked' | 'done' | 'refused' | 'unknown';
}

export interface View {
  epoch: string;
  version: number;
  now: number;
  state: Phase;
  click_to_dial: boolean;
  agent: { org_id: string; user_id: string; name: string; configured: boolean; reason?: string | null; availability?: Availability };
  calls: CallCard[];
  wrapups: WrapupCard[];
  tray: TrayRow[];
  answers: Answer[];
  notices: (Note & { id: string; tone?: Tone })[];
  /** Whom the agent calls often. */
  favorites?: { number: string; display: string; name: string; record: RecordRef | null }[];
  can: { [action: string]: boolean };
  settings: {
    /** Of the country that a number without a plus belongs to. */
    country_code?: number;
    wrap_up_seconds: number;
    dispositions: { value: string; label: string; code?: string }[];
    dial_while_wrapup: boolean;
    ask_fields?: AskedField[];
    away_reasons?: string[];
    /** Their names; the words are asked for. */
    note_templates?: string[];
    /** The org's numbers that an agent may show. */
    caller_ids?: { number: string; display: string }[];
    ring_profiles?: string[];
  };
}

export interface PageSettings {
  build: string;
  /** The address at which sign-ins are good. */
  public_origin: string;
  sign_in: 'dev' | 'salesforce';
  allowed_origin: boolean;
  /** True only with the development sign-in, bound to loopback. */
  loopback_allowed: boolean;
  api_version: string;
  org_id: string | null;
}

export interface User {
  org_id: string;
  user_id: string;
  name: string;
}

/** What is known of a saveLog that left this browser. Ids only, never notes or numbers. */
export interface JournalEntry {
  log_id: string;
  attempt: number;
  nonce: string;
  state: 'sent' | 'ok' | 'refused';
  task_id?: string;
  errors?: CtiError[];
  at: number;
}

export type Frame = { type: string } & { [field: string]: unknown };

/** The part of Web Storage that we use; a Map-backed fake serves the tests. */
export interface Store {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export type Translate = (key: string, values?: { [name: string]: string | number }) => string;

export interface Component<P> {
  element: HTMLElement;
  update(props: P): void;
  /** Its item is gone from the list. */
  removed?(): void;
}

/** What the agent may do about a message, on a button beside it. */
export interface Act {
  label: string;
  run(): void;
}

/** Something that this page alone has to say. */
export interface Message {
  id: string;
  tone: Tone;
  text: string;
  act?: Act | undefined;
  /** What else may be done about it. */
  other?: Act | undefined;
}

export interface Pending {
  request_id: string;
  number: string;
  name: string;
}

/** All that the panel shows is a function of this. */
export interface Model {
  stage: 'connecting' | 'blocked' | 'signed-out' | 'live' | 'offline';
  clickToDial: boolean;
  view: View | null;
  pending: Pending | null;
  /** What was asked for in calls, and is not answered yet. */
  asked: { request_id: string; call_id: string; action: string }[];
  /** The log that this page is done with: its outcome is settled, or another page saves it. */
  settled?: { log_id: string };
  messages: Message[];
  blocked: { code: string; detail: string } | null;
  signIn: { by: 'dev' | 'salesforce'; busy: boolean; failed: boolean; opened: boolean };
  retryAt: number | null;
  /** Dialogs for a new record that may be opened, by call. */
  offers: { [callId: string]: () => void };
  /** The records that this tab has shown, the one in view first. */
  viewed: RecordRef[];
  /** The call center's directory, once it is known. */
  directory?: DirectoryEntry[];
  /** The provider's ring profiles that the admin has named, and the one chosen; empty: the usual phones. */
  ringProfiles: string[];
  ringOn: string;
  /** The number of ours that those who are called see, as chosen in this browser; empty: as usual. */
  showAs: string;
  /** The agent's calls that are over, as far as they are here. `state`: busy, failed or empty. */
  history: { kind: string; record: string; rows: RecentRow[]; more: boolean; state: string };
  /** Whether the account and the choices of this browser are shown. */
  accountOpen: boolean;
  /** What this browser does when a call comes in, and what keeps it from that. */
  ring: { sound: boolean; desktop: boolean; needsClick: boolean; denied: boolean };
  /** What the admin has set as the panel's height; the least that is asked for. */
  height?: number | null;
  /** By record: what the softphone layout selects of it, as a search has told. */
  found?: { [recordId: string]: { label: string; value: string }[] };
  /** The record in view with its numbers, where they are called from the panel; null: no record. */
  recordPhones?: { record: RecordRef; phones: RecordPhone[] } | null;
  /** The softphone layout, once it is known. */
  layout?: Layout | null;
  /** The phone in the browser, where the agent has one. */
  audio?: AudioState & { actions: AudioActions };
  /** Counts connections, so that a form knows when to send again what may be lost. */
  connection: number;
}

/** Why an agent is not heard: by the page that frames us, the browser, the agent, the machine. */
export type MicrophoneTrouble = 'policy' | 'insecure' | 'refused' | 'missing' | 'busy';

/** Why the phone in the browser rings: the agent dialed, somebody calls, a talk wants its audio back. */
export type PhoneRing = 'user' | 'inbound' | 'again';

/** What the phone in the browser tells. */
export interface PhoneEvents {
  registered(talks: boolean): void;
  offline(): void;
  /** Another page has the phone, or the agent has none. */
  final(code: number): void;
  ringing(why: PhoneRing): void;
  talking(): void;
  /** The talk's audio is gone, or there is no talk whose audio could come back. */
  lost(): void;
  silent(): void;
  over(talks: boolean): void;
}

/** The phone in the browser, as the panel shows it. */
export interface AudioState {
  state: 'setup' | 'trouble' | 'connecting' | 'ready' | 'ringing' | 'talking' | 'reconnecting' | 'elsewhere' | 'taken' | 'window';
  trouble?: MicrophoneTrouble;
  why?: PhoneRing;
  quality?: 'good' | 'fair' | 'poor';
  /** The test: how loud the agent is, from 0 to 1; none: no test. */
  level?: number;
  devices?: { id: string; label: string; chosen: boolean }[];
}

export interface AudioActions {
  /** Use this browser: ask for the microphone, or take the phone from another page. */
  use(): void;
  /** Open the phone's own window, or bring it to the front. */
  showWindow(): void;
  pickUp(): void;
  test(on: boolean): void;
  chooseDevice(id: string): void;
}

export interface Actions {
  dial(number: string, record: RecordRef | null, name: string): void;
  control(callId: string, action: string, extra?: { target?: string; digits?: string }): boolean;
  /** False when there is no connection: the caller keeps what it has. */
  wrapup(callId: string, fields: Draft, done: boolean): boolean;
  /** As `wrapup`, for what nothing keeps: false when there is no connection, which the agent is told. */
  change(callId: string, fields: Draft, done: boolean): boolean;
  /** What the call is about; null: none of the records known. False when there is no connection, which the agent is told. */
  relate(callId: string, record: RecordRef | null): boolean;
  /** False when there is no connection, which the agent is told. */
  tray(logId: string, action: string): boolean;
  /** Salesforce's own form for a new record; false when it did not open. */
  openForm(params: object): Promise<boolean>;
  /** What the admin wants in each new Task. */
  taskFields(): { [field: string]: string };
  ringOn(profile: string): void;
  showAs(number: string): void;
  searchPeople(words: string): Promise<PeopleFound>;
  openRecord(record: RecordRef): void;
  /** Ask the server something on the way; null where there is no answer. */
  ask(path: string, question: object): Promise<any>;
  favorite(row: RecentRow, on: boolean): void;
  /** List other calls of the agent's; `record`: those about it. */
  chooseCalls(kind: string, record?: string): void;
  moreCalls(): void;
  findCalls(words: string): Promise<RecentRow[]>;
  /** Open Salesforce's form for a task about the same record. */
  followUp(card: CallCard | WrapupCard): void;
  dismissNotice(id: string): void;
  dismissMessage(id: string): void;
  signIn(name: string): void;
  signOut(): void;
  /** Show the account and the choices of this browser, or no longer. */
  account(): void;
  signOutEverywhere(): void;
  /** False when there is no connection, which the agent is told. */
  setAvailability(status: Availability['status'], reason: string): boolean;
  chooseRing(what: 'sound' | 'desktop', on: boolean): void;
  retryNow(): void;
}

export interface Context {
  t: Translate;
  /** The words of parts that are fetched late. */
  moreWords(): Promise<unknown>;
  language: string;
  actions: Actions;
  now: () => number;
  drafts: Store;
}
