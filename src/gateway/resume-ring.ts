import { LIMITS } from '../core/limits.js';
import type { Encoded } from './transport.js';

/** The session-sequenced frames that a device has not acknowledged, oldest first, the oldest dropped above a bound of bytes. */
export class ResumeRing {
  private readonly frames: Encoded[] = [];
  private firstSeq: number;
  /** Bytes (or UTF-16 units) held. */
  bytes = 0;

  constructor(firstSeq: number) {
    this.firstSeq = firstSeq;
  }

  get isEmpty(): boolean {
    return this.frames.length === 0;
  }

  /** Takes the frame of the next session_seq. */
  push(frame: Encoded): void {
    this.frames.push(frame);
    this.bytes += frame.length;
    while (this.bytes > LIMITS.sessionResumeBytesMax) this.dropFirst();
  }

  /** Drops the frames up to `seq`. */
  acknowledge(seq: number): void {
    while (this.firstSeq <= seq && !this.isEmpty) this.dropFirst();
  }

  /** The frames after `seq`; undefined when some of them are gone, or `seq` was never given out. */
  after(seq: number): readonly Encoded[] | undefined {
    const skip = seq + 1 - this.firstSeq;
    return skip < 0 || skip > this.frames.length ? undefined : this.frames.slice(skip);
  }

  private dropFirst(): void {
    this.bytes -= this.frames.shift()?.length ?? 0;
    this.firstSeq += 1;
  }
}
