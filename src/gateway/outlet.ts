import type { CloseReason } from '../core/errors.js';
import type { ServerFrame } from '../protocol/frames.js';
import type { Encoded, Transport } from './transport.js';

/** A link as its session sees it. */
export interface Outlet {
  readonly transport: Transport;
  /** Where it comes from. */
  readonly address: string;
  /** When something was last heard from the other side, monotonic milliseconds. */
  heardAtMs: number;
  /** Writes a frame at the end of the turn. */
  send(frame: ServerFrame): void;
  /** Writes a frame at the end of the turn; `patient`: with the next one that is not, or at the next sweep. */
  enqueue(frame: Encoded, patient?: boolean): void;
  /** Whether it has frames that are not written yet. */
  readonly hasWaiting: boolean;
  /** Has `flush` called at the end of the turn. */
  wake(): void;
  /** Writes what waits. Closes with `slow_reader` when the byte budget was spent before. */
  flush(): void;
  /** Writes what waits, then ends the connection with the reason's close code. */
  close(reason: CloseReason, sentence?: string): void;
  /** Forgets its session: it goes on elsewhere. */
  release(): void;
}
