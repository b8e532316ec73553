import type { Span } from '../core/trace.js';
import type { CommitTrace } from './committer.js';

/** A commit's way as children of its span: it waits for a flush, is flushed, and the fence is read. */
export class CommitSpans implements CommitTrace {
  private readonly parent: Span;
  private stage: Span;

  constructor(parent: Span) {
    this.parent = parent;
    this.stage = parent.child('queued');
  }

  flushing(): void {
    this.next('flush');
  }

  durable(): void {
    this.next('fence');
  }

  live(): void {
    this.stage.end();
  }

  private next(step: 'flush' | 'fence'): void {
    this.stage.end();
    this.stage = this.parent.child(step);
  }
}
