/** Spans as they begin and end in this process, and where they go then. Bound by its sinks; nothing here waits. */
import type { Clock } from '../core/clock.js';
import type { Random } from '../core/random.js';
import {
  parseTraceparent,
  type Span,
  type SpanFacts,
  type SpanSink,
  type Step,
  type TraceContext,
  type Tracing,
} from '../core/trace.js';
import { Sampler } from './sampler.js';
import { TraceIds } from './trace-ids.js';

export interface TracerDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Share of requests that are traced, 0 to 1. */
  readonly rate: number;
  readonly sinks: readonly SpanSink[];
}

/** The wall clock has jumped when it is that far from where the monotonic one says it is, milliseconds. */
const JUMP_MS = 50;

export class Tracer implements Tracing {
  private readonly deps: TracerDeps;
  private readonly sampler: Sampler;
  private readonly ids: TraceIds;
  /** Wall clock at the start of the monotonic one, milliseconds. */
  private originMs: number;

  constructor(deps: TracerDeps) {
    this.deps = deps;
    this.ids = new TraceIds(deps.random);
    this.sampler = new Sampler(deps.rate, deps.clock, deps.random);
    this.originMs = deps.clock.now() - deps.clock.monotonic();
  }

  request(traceparent: string, type: string, who: string): Span | undefined {
    const parent = traceparent === '' ? undefined : parseTraceparent(traceparent);
    if (!this.sampler.takes(parent?.sampled === true, type === 'send')) return undefined;
    const traceId = parent?.context.traceId ?? this.ids.next(16);
    return this.open(traceId, parent?.context.spanId ?? '', 'request', who, { request: type });
  }

  begin(parent: TraceContext, step: Step, who = ''): Span {
    return this.open(parent.traceId, parent.spanId, step, who, {});
  }

  private open(traceId: string, parentId: string, step: Step, who: string, known: SpanFacts): Span {
    const spanId = this.ids.next(8);
    const context = { traceId, spanId };
    const startUs = this.nowUs();
    let ended = false;
    return {
      context,
      child: (childStep, childWho = '') => this.begin(context, childStep, childWho),
      end: (facts) => {
        if (ended) return;
        ended = true;
        const endUs = Math.max(startUs, this.nowUs());
        const all = facts === undefined ? known : { ...known, ...facts };
        const record = { traceId, spanId, parentId, step, who, startUs, endUs, facts: all };
        for (const sink of this.deps.sinks) sink.add(record);
      },
    };
  }

  /** As fine as the monotonic clock, and never backwards unless the wall clock was set. */
  private nowUs(): number {
    const { clock } = this.deps;
    const nowMs = clock.now();
    const monotonicMs = clock.monotonic();
    if (Math.abs(nowMs - this.originMs - monotonicMs) > JUMP_MS) this.originMs = nowMs - monotonicMs;
    return Math.round((this.originMs + monotonicMs) * 1_000);
  }
}
