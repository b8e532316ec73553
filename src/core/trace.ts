/**
 * The way of one sampled request through the processes, as a port: what a span is, and where the next one hangs. What is not
 * sampled has no context and no spans, anywhere. Ids and flags are those of W3C Trace Context.
 */

/** Where a trace has got to: the next span is a child of this one. Only ever of a sampled trace. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
}

/** In the order of a message's way. docs/OPERATIONS.md says what each covers. */
const STEPS = [
  ...(['request', 'actor', 'mailbox', 'append', 'queued', 'flush', 'fence', 'inbox'] as const),
  ...(['publish', 'deliver', 'device'] as const),
];
export type Step = (typeof STEPS)[number];

/** What a span says beside its times: ids, numbers and states, never what people wrote. */
export interface SpanFacts {
  /** As in text: decimal. */
  readonly messageId?: string;
  readonly channelId?: string;
  readonly seq?: number;
  /** The type of a client's request. */
  readonly request?: string;
  /** The name of the error, or what else came of it than what was meant. */
  readonly error?: string;
}

/** A span that has ended. */
export interface SpanRecord extends TraceContext {
  /** '' = the trace begins here. */
  readonly parentId: string;
  readonly step: Step;
  /** The user or the session it is about; '' = nobody in particular. */
  readonly who: string;
  /** Microseconds since 1970, by this process's clock. */
  readonly startUs: number;
  readonly endUs: number;
  readonly facts: SpanFacts;
}

/** A span under way. One that never ends is never seen. */
export interface Span {
  readonly context: TraceContext;
  child(step: Step, who?: string): Span;
  /** Once; later calls do nothing. */
  end(facts?: SpanFacts): void;
}

/** How a process takes part in traces. */
export interface Tracing {
  /**
   * A client's request begins. `traceparent`: as it came, '' = none; it is the parent when it can be read. Undefined: this
   * request is not sampled.
   */
  request(traceparent: string, type: string, who: string): Span | undefined;
  /** What goes on here of a trace that came from another process or actor. */
  begin(parent: TraceContext, step: Step, who?: string): Span;
}

/** What a span goes to when it has ended. Must not throw, and never waits. */
export interface SpanSink {
  add(span: SpanRecord): void;
}

const NO_SPAN: Span = {
  context: { traceId: '0'.repeat(32), spanId: '0'.repeat(16) },
  child: () => NO_SPAN,
  end: () => {},
};

export const noTracing: Tracing = { request: () => undefined, begin: () => NO_SPAN };

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads a `traceparent` of W3C Trace Context; undefined for what is none. */
export function parseTraceparent(
  text: string,
): { readonly context: TraceContext; readonly sampled: boolean } | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { context: { traceId, spanId }, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
