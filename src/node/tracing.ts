/** How a process takes part in traces: what it keeps for operators, and where it sends them. */
import { systemClock as clock } from '../core/clock.js';
import { LIMITS } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import { systemRandom as random } from '../core/random.js';
import type { SpanSink, Tracing } from '../core/trace.js';
import { SpanRing } from '../tracing/span-ring.js';
import { Tracer } from '../tracing/tracer.js';
import { type Options, OptionsError } from './option-table.js';
import { VERSION } from './process-report.js';
import type { Teardown } from './teardown.js';

const TRACES_PATH = '/v1/traces';

export interface ProcessTracing {
  readonly tracing: Tracing;
  readonly spans: SpanRing;
}

/** Throws OptionsError for a collector that is no URL. */
export async function openTracing(
  { otlpEndpoint, traceSample }: Options,
  process: { readonly incarnation: string; readonly logger: Logger; readonly teardown: Teardown },
): Promise<ProcessTracing> {
  const spans = new SpanRing(LIMITS.spansKeptMax);
  const sinks: SpanSink[] = [spans];
  if (otlpEndpoint !== '') {
    const url = tracesUrl(otlpEndpoint);
    const { openOtlp } = await import('../tracing/otlp/otlp-exporter.js');
    const { incarnation, logger, teardown } = process;
    const otlp = openOtlp({ url, incarnation, version: VERSION, logger });
    teardown.add('traces', () => otlp.close());
    sinks.push(otlp);
  }
  return { spans, tracing: new Tracer({ clock, random, rate: traceSample, sinks }) };
}

function tracesUrl(endpoint: string): string {
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
    throw new OptionsError(
      `The option otlp-endpoint cannot be "${endpoint}": it is a URL such as http://127.0.0.1:4318.`,
    );
  const base = endpoint.replace(/\/+$/, '');
  return base.endsWith(TRACES_PATH) ? base : base + TRACES_PATH;
}
