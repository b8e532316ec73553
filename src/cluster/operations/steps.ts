import { LIMITS } from '../../core/limits.js';
import type { SpanRecord } from '../../core/trace.js';
import type { admin } from '../../protocol/admin-messages.js';
import { Long } from '../../protocol/wire.js';
import type { SpanRing } from '../../tracing/span-ring.js';

function stepOf(span: SpanRecord): admin.IStep {
  const { step, who, startUs, endUs, traceId, spanId, parentId, facts } = span;
  return {
    ...{ step, who, traceId, spanId, parentId },
    atUs: Long.fromNumber(startUs, true),
    durationUs: Long.fromNumber(endUs - startUs, true),
    error: facts.error ?? '',
    request: facts.request ?? '',
  };
}

/** The steps that this process saw of the traces that a message was in, and of those named. */
export function stepsOf(spans: SpanRing, { messageId, traceIds }: admin.IAskSteps): admin.ISteps {
  const found = spans.find(messageId ?? '', traceIds ?? []);
  return { steps: found.slice(0, LIMITS.stepsAnsweredMax).map(stepOf) };
}
