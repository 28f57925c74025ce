/** What we use of JsSIP, which scripts/bundle.mjs makes of the locked package: https://jssip.net/documentation/ */

export interface SipSocket {
  via_transport: string;
  url: string;
  sip_uri: string;
  connect(): void;
  disconnect(): void;
  send(message: string): boolean;
  isConnected(): boolean;
  isConnecting(): boolean;
  onconnect(): void;
  ondisconnect(error: boolean, code?: number, reason?: string): void;
  ondata(data: string): void;
}

export interface SipRequest {
  getHeader(name: string): string | undefined;
}

export interface RTCSession {
  direction: 'incoming' | 'outgoing';
  connection: RTCPeerConnection;
  answer(options: { mediaStream: MediaStream; pcConfig: RTCConfiguration }): void;
  terminate(options?: { status_code?: number }): void;
  isEnded(): boolean;
  isEstablished(): boolean;
  on(event: 'icecandidate', listener: (told: { candidate: RTCIceCandidate; ready: () => void }) => void): void;
  on(event: 'ended' | 'failed' | 'confirmed' | 'peerconnection', listener: (told: { cause?: string; peerconnection?: RTCPeerConnection }) => void): void;
}

export class UA {
  constructor(options: {
    sockets: SipSocket[];
    uri: string;
    contact_uri: string;
    authorization_user: string;
    password: string;
    register: boolean;
    register_expires: number;
    session_timers: boolean;
    user_agent: string;
    connection_recovery_min_interval: number;
    connection_recovery_max_interval: number;
  });
  start(): void;
  stop(): void;
  set(name: 'password', value: string): boolean;
  on(event: 'registered' | 'unregistered' | 'registrationFailed' | 'disconnected', listener: () => void): void;
  on(event: 'newRTCSession', listener: (told: { session: RTCSession; request: SipRequest }) => void): void;
}
