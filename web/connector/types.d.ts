/** The shapes that pass between the connector's modules. Times are milliseconds of the server's clock. */

export interface Abilities {
  answer: boolean;
  decline: boolean;
  hang_up: boolean;
  hold: boolean;
  mute: boolean;
  digits: boolean;
  transfer: boolean;
  consult: boolean;
  conference: boolean;
  pause_recording: boolean;
}

export interface Host {
  can: Abilities;
  /** Whether the backend makes the records of incoming calls. */
  makesRecords: boolean;
}

export interface Ref {
  id: string;
  name?: string;
}

export interface Card {
  call_id: string;
  state: string;
  direction: 'outbound' | 'inbound' | 'internal';
  number: string;
  name: string;
  record: Ref | null;
  started_at: number;
  since: number;
  /** The VoiceCall that the backend had made; missing where none was. */
  host_record?: string;
  held?: boolean;
  muted?: boolean;
  recording?: '' | 'on' | 'paused';
  /** Somebody who is asked before a call is handed over, or takes part in it. */
  third?: Third | null;
}

export interface Third {
  number: string;
  display: string;
  state: 'ringing' | 'talking' | 'waiting' | 'joined';
}

/** Somebody of the house, as a search finds them. */
export interface Found {
  name: string;
  number: string;
}

export interface OverCard {
  call_id: string;
  direction: 'outbound' | 'inbound' | 'internal';
  number: string;
  name: string;
  record: Ref | null;
  talk_seconds: number | null;
}

export interface VoiceView {
  epoch: string;
  version: number;
  state: string;
  now: number;
  agent: { user_id: string; org_id: string; configured: boolean; surface?: string };
  calls: Card[];
  wrapups: OverCard[];
  answers: { request_id: string; code: string; text: string }[];
  can: Partial<Abilities>;
}

/** A call in the words of Salesforce's phone, before any class of its library. */
export interface NeutralCall {
  callId: string;
  type: 'Outbound' | 'Inbound' | 'InternalCall' | 'AddParticipant';
  number: string;
  name: string;
  recordId: string;
  state: 'ringing' | 'connected' | 'ended' | 'transferring' | 'transferred';
  since: number;
  voiceCallId: string;
  reason: '' | 'ended' | 'error';
  agentStatus: string;
  closeOnError: boolean;
  onHold: boolean;
  muted: boolean;
  /** Whether it is recorded, and whether that pauses. */
  recording: '' | 'on' | 'paused';
  isPaused: boolean;
  /** Whether somebody else is asked, or takes part. */
  hasThird: boolean;
  can: Abilities;
}

export interface Answered {
  view: VoiceView;
  /** The deadline passed after a good answer, before the view showed what was awaited. */
  late: boolean;
}
