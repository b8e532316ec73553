import type { SpanRecord, SpanSink } from '../core/trace.js';

/** The newest spans of this process, at most `spansMax`; takes memory as it fills, and none before. */
export class SpanRing implements SpanSink {
  private readonly spansMax: number;
  private readonly spans: SpanRecord[] = [];
  private next = 0;

  constructor(spansMax: number) {
    this.spansMax = spansMax;
  }

  add(span: SpanRecord): void {
    this.spans[this.next] = span;
    this.next = (this.next + 1) % this.spansMax;
  }

  /** All spans of the traces that a message was in, by its id in text, and of those named. */
  find(messageId: string, traceIds: readonly string[] = []): readonly SpanRecord[] {
    const wanted = new Set(traceIds);
    for (const { facts, traceId } of this.spans) if (facts.messageId === messageId) wanted.add(traceId);
    return wanted.size === 0 ? [] : this.spans.filter(({ traceId }) => wanted.has(traceId));
  }
}
