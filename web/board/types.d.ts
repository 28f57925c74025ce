/** What `GET /api/board` answers. Times are milliseconds of the server's clock. */

export interface Person {
  user_id: string;
  name: string;
  state: string;
  since: number | null;
  /** Why they are away, if they said so. */
  reason?: string;
  direction: string | null;
  /** Whom they talk with: a name if there is one, and the number. */
  with: string | null;
  number: string | null;
  /** The number as people in the org's region read it. */
  display: string | null;
  more_calls: number;
  online: boolean;
  /** In a call without an open softphone: when one was last in use; null: unknown. */
  last_page?: number | null;
  /** Which product of Salesforce's they work in: open-cti, lwc, voice; empty before the first page. */
  surface?: string;
  /** How the audio in their browser is: packets lost, from 0 to 1; only in a talk, and at this replica. */
  audio?: { lost: number; jitter_ms: number; round_trip_ms: number };
  totals: Totals;
}

/** One agent's calls of the day that are over. */
export interface Totals {
  calls: number;
  answered: number;
  missed: number;
  talk_seconds: number;
}

export interface Unlogged {
  log_id: string;
  agent: string;
  started_at: number;
  outcome: string;
  update: boolean;
  why: string;
  errors: string[];
}

export interface Minute {
  at: number;
  count: number;
  errors: number;
  p50: number | null;
  p95: number | null;
}

export interface Report {
  now: number;
  agents: Person[];
  agents_known: number;
  calls: {
    over: number;
    live: number;
    by_outcome: { [outcome: string]: number };
    by_direction: { [direction: string]: number };
    talk_seconds: number;
    talks: number;
    longest_seconds: number;
  };
  unlogged: Unlogged[];
  webhooks: { last_at: number | null; minutes: Minute[] };
  parked: number;
  unconfirmed: number;
  provider: Provider | null;
}

/** How the provider's API answered this replica in the last five minutes. */
export interface Provider {
  requests: number;
  failed: number;
  p50_ms: number | null;
  p95_ms: number | null;
  last_answer_at: number | null;
  last_trouble_at: number | null;
  last_trouble: string;
}

export type Translate = import('../softphone/types.js').Translate;

/** Words and numbers of one language. */
export interface Speech {
  language: string;
  t: Translate;
  number: (value: number) => string;
  percent: (share: number) => string;
}

/** Which of the agents are shown. */
export interface Filter {
  words: string;
  group: 'all' | 'busy' | 'ready' | 'away' | 'offline';
}

export interface Section {
  element: HTMLElement;
  update(report: Report): void;
}
