/**
 * Sends spans to an OpenTelemetry collector by OTLP over HTTP, in batches, behind everything. Loaded by who has a collector, and
 * by nobody else: the library takes some megabytes.
 */
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../../core/logger.js';
import type { SpanRecord, SpanSink } from '../../core/trace.js';

export interface OtlpOptions {
  /** Where traces go, such as http://127.0.0.1:4318/v1/traces. */
  readonly url: string;
  /** This process: service.instance.id. */
  readonly incarnation: string;
  readonly version: string;
  readonly logger: Logger;
}

export interface OtlpSink extends SpanSink {
  /** Sends what waits; resolves when that is done or given up, within a few seconds. */
  close(): Promise<void>;
}

/** Spans that wait, at most: what comes on top is dropped. */
const QUEUE_SPANS_MAX = 2_048;
const BATCH_SPANS_MAX = 512;
const BATCH_EVERY_MS = 1_000;
const SEND_MS = 5_000;

const SCOPE = { name: 'parley' };
const KINDS: Partial<Record<SpanRecord['step'], SpanKind>> = {
  request: SpanKind.SERVER,
  actor: SpanKind.CONSUMER,
  inbox: SpanKind.CONSUMER,
  flush: SpanKind.CLIENT,
  fence: SpanKind.CLIENT,
  publish: SpanKind.PRODUCER,
  deliver: SpanKind.PRODUCER,
};

export function openOtlp({ url, incarnation, version, logger }: OtlpOptions): OtlpSink {
  const resource = resourceFromAttributes({
    'service.name': 'parley',
    'service.version': version,
    'service.instance.id': incarnation,
  });
  const exporter = loudly(new OTLPTraceExporter({ url, timeoutMillis: SEND_MS }), logger);
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: QUEUE_SPANS_MAX,
    maxExportBatchSize: BATCH_SPANS_MAX,
    scheduledDelayMillis: BATCH_EVERY_MS,
    exportTimeoutMillis: SEND_MS,
  });
  return {
    add: (span) => processor.onEnd(readable(span, resource)),
    close: () => processor.shutdown(),
  };
}

/** Says when the collector stops taking spans, and when it takes them again. */
function loudly(exporter: SpanExporter, logger: Logger): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined || result.code !== 0;
        if (failed && !failing) logger.warn({ err: result.error }, 'the collector takes no spans: they are dropped');
        if (!failed && failing) logger.info({}, 'the collector takes spans again');
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

const timeOf = (us: number): HrTime => [Math.floor(us / 1e6), Math.round((us % 1e6) * 1_000)];

function readable(span: SpanRecord, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentId, step, startUs, endUs, facts } = span;
  const traceFlags = TraceFlags.SAMPLED;
  return {
    name: step === 'request' ? `request ${facts.request ?? ''}` : step,
    kind: KINDS[step] ?? SpanKind.INTERNAL,
    spanContext: () => ({ traceId, spanId, traceFlags }),
    ...(parentId !== '' && { parentSpanContext: { traceId, spanId: parentId, traceFlags, isRemote: true } }),
    startTime: timeOf(startUs),
    endTime: timeOf(endUs),
    duration: timeOf(endUs - startUs),
    status:
      facts.error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: facts.error },
    attributes: attributesOf(span),
    ...{ links: [], events: [], ended: true, resource, instrumentationScope: SCOPE },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

function attributesOf({ step, who, facts }: SpanRecord): Record<string, string | number> {
  const { messageId, channelId, seq, request, error } = facts;
  return {
    'parley.step': step,
    ...(who !== '' && { 'parley.who': who }),
    ...(messageId !== undefined && { 'parley.message.id': messageId }),
    ...(channelId !== undefined && { 'parley.channel.id': channelId }),
    ...(seq !== undefined && { 'parley.message.seq': seq }),
    ...(request !== undefined && { 'parley.request': request }),
    ...(error !== undefined && { 'error.type': error }),
  };
}
