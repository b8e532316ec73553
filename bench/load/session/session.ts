/** What the load needs of a connected user, whichever server it talks to. */

/** Called synchronously while a socket is read; must be quick. Users and messages are numbers here. */
export interface LoadObserver {
  acknowledged(messageNumber: number, seq: number, idHigh: number, idLow: number): void;
  /** `messageNumber` may be NOT_OF_THE_LOAD or NOT_AS_SENT (frame-scanner.ts). */
  delivered(user: number, messageNumber: number, channel: number, seq: number, idHigh: number, idLow: number): void;
  /** An event came that the device had been given. */
  cameAgain(): void;
  /** Within one connection the position in the inbox did not grow. */
  cursorWentBack(user: number): void;
  /** It went out once more, since an answer was a refusal for the moment, or lost with its connection. */
  repeated(messageNumber: number): void;
  /** For good. */
  refused(messageNumber: number, code: number): void;
  closed(user: number, code: number): void;
  /** A device that had left, or never came, wants to be connected, since `dueMs` of the monotonic clock. */
  returning(user: number, dueMs: number): void;
  /** A device was welcomed, so long after it wanted to be connected. */
  connected(user: number, tookMs: number): void;
  /** A device that wants to be connected was not welcomed, for what `reason` says; it may try again. */
  connectFailed(user: number, reason: string): void;
  /** The number of a channel, in what is told here. */
  place(channelId: string): number;
  /** States of others that were shown to a device. */
  presence(states: number): void;
}

export interface LoadSession {
  readonly user: number;
  /** Sends a message to the other one of the pair. */
  sendDirect(messageNumber: number): void;
  /** Sends a message to everyone. */
  publish(messageNumber: number): void;
  close(): void;
}

/** Neighbours talk to each other: 0 and 1, 2 and 3 … */
export const peerOf = (user: number): number => user ^ 1;

/** 200 bytes, as the figures that others reach were measured with. */
const BODY_BYTES = 200;
export const BODY_TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(5).slice(0, BODY_BYTES);
