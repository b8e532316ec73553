/** The operators' notice, as long as it stands. */
import type { v1 } from '../src/protocol/wire.js';
import type { ClientClock } from './clock.js';
import type { Notice } from './types.js';

export class NoticeKeeper {
  standing: Notice | undefined;
  private readonly clock: ClientClock;
  private readonly changed: (notice: Notice | undefined) => void;
  private cancelEnd: () => void = () => undefined;

  constructor(clock: ClientClock, changed: (notice: Notice | undefined) => void) {
    this.clock = clock;
    this.changed = changed;
  }

  /** A new session: the server tells it what stands, if anything does. */
  begun(): void {
    this.become(undefined);
  }

  heard({ noticeId, text, until }: v1.INotice): void {
    const endMs = until?.toNumber() ?? 0;
    const leftMs = endMs - this.clock.now();
    if (!noticeId || leftMs <= 0) return this.become(undefined);
    this.become({ id: noticeId, text: text ?? '', until: new Date(endMs) });
    this.cancelEnd = this.clock.after(leftMs, () => this.become(undefined));
  }

  private become(notice: Notice | undefined): void {
    this.cancelEnd();
    this.cancelEnd = () => undefined;
    const same = notice?.id === this.standing?.id;
    this.standing = notice;
    if (!same) this.changed(notice);
  }
}
