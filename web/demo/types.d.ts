/** The shapes of the demo org. */

export interface DemoField {
  label: string;
  value: string;
  kind?: 'phone';
  /** A link that names no record, as a bare `<lightning-click-to-dial value>`. */
  bare?: boolean;
  params?: string;
}

export interface DemoRecord {
  Id: string;
  object: string;
  Name: string;
  /** What the simulated phone network does with its number, in plain words. */
  tells: string;
  fields: DemoField[];
  accountId?: string;
  contactId?: string;
  personAccount?: boolean;
}

export type Task = { Id: string } & { [field: string]: string | number | boolean };

export interface ClickPayload {
  number: string;
  recordId?: string;
  recordName?: string;
  objectType?: string;
  accountId?: string;
  contactId?: string;
  personAccount?: boolean;
  params?: string;
}

export interface WireError {
  code: string;
  description: string;
  details?: unknown;
}

export interface WireResponse {
  success: boolean;
  returnValue: unknown;
  errors: WireError[] | null;
  /** Of subscribe alone: what unsubscribe wants to have back. */
  subscription?: object;
}

export interface WireMessage {
  direction: 'in' | 'out';
  at: number;
  message: any;
}

export interface Pop {
  type: string;
  params: any;
  at: number;
}

export interface DemoConfig {
  softphone_url: string;
  agent: string;
  records?: DemoRecord[];
  /** Items of the call center's definition, beside the usual ones. */
  settings?: { [key: string]: unknown };
  /** Screen pop rules by call type, beside the usual ones. */
  layout?: { [callType: string]: object };
}

/** What the org's own page gives to the methods that a softphone calls. */
export interface Org {
  records: DemoRecord[];
  tasks: {
    all(): Task[];
    put(task: Task): void;
    newId(): string;
  };
  /** The record in view. */
  current(): DemoRecord | null;
  pop(pop: Pop): void;
  refresh(): void;
  settings?: { [key: string]: unknown } | undefined;
  layout?: { [callType: string]: object } | undefined;
  /** The ids of the org and of the user who looks at it; unknown where nobody said. */
  who?: { org: string; user: string } | undefined;
  clickToDial(on: boolean): void;
  panel: {
    visible(): boolean;
    show(visible: boolean): void;
    size(part: 'width' | 'height', px: number): void;
    label(part: 'item' | 'panel', text: string): void;
    icon(part: 'item' | 'panel', key: string): void;
  };
}
