import type { ServerFrame } from '../protocol/frames.js';

/** A frame in its wire form: binary or text. */
export type Encoded = Uint8Array | string;
export type FrameEncoder = (frame: ServerFrame) => Encoded;

/** What carries a session's frames: a WebSocket, a stream of server-sent events. */
export interface Transport {
  /** Whether frames after a loss may be asked for again with `resume`. */
  readonly resumable: boolean;
  readonly encode: FrameEncoder;
  /** Writes all frames at once, in order. After `dropped` the transport takes nothing more and must be ended. */
  write(frames: readonly Encoded[]): 'taken' | 'dropped';
  /** Bytes taken but not yet with the operating system. */
  bufferedBytes(): number;
  /** Says that the other side is still wanted, without a frame, if the transport needs that. */
  keepAlive(): void;
  /** Ends it; nothing may be called afterwards. */
  end(closeCode: number, sentence: string): void;
  /** Events of a fan-out channel come to it from now on, or no more. */
  follow(channelId: string): void;
  unfollow(channelId: string): void;
}
