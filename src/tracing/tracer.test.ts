import { describe, expect, it } from 'vitest';
import { LIMITS } from '../core/limits.js';
import { seededRandom } from '../core/random.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { parseTraceparent, type SpanRecord } from '../core/trace.js';
import { Sampler } from './sampler.js';
import { SpanRing } from './span-ring.js';
import { Tracer } from './tracer.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

function tracer(rate: number) {
  const clock = new FakeClock();
  const spans: SpanRecord[] = [];
  const sinks = [{ add: (span: SpanRecord): void => void spans.push(span) }];
  return { clock, spans, tracer: new Tracer({ clock, random: seededRandom(1), rate, sinks }) };
}

describe('a traceparent', () => {
  it('is read as W3C Trace Context says', () => {
    const context = { traceId: TRACE, spanId: SPAN };
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ context, sampled: true });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-02`)).toEqual({ context, sampled: false });
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-holds`)).toEqual({ context, sampled: true });
  });

  it.each([
    ['nothing', ''],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['more than its version has', `00-${TRACE}-${SPAN}-01-x`],
    ['the version that never is', `ff-${TRACE}-${SPAN}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a short one', `00-${TRACE}-${SPAN}`],
  ])('is none for %s', (_, text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});

describe('a tracer', () => {
  it('records spans as they end, each under the one it began in, with microseconds', async () => {
    const { clock, spans, tracer: tracing } = tracer(1);
    const request = tracing.request('', 'send', 'session');
    const append = request?.child('append', 'channel:alice~bob');
    await clock.advance(3);
    append?.end({ messageId: '7' });
    append?.end({ messageId: '8' });
    await clock.advance(2);
    request?.end();
    const [child, root] = spans;
    expect(spans).toHaveLength(2);
    expect(root).toMatchObject({ step: 'request', parentId: '', who: 'session', facts: { request: 'send' } });
    expect(child).toMatchObject({ step: 'append', parentId: root?.spanId, traceId: root?.traceId });
    expect(child?.facts).toEqual({ messageId: '7' });
    expect((root?.endUs ?? 0) - (root?.startUs ?? 0)).toBe(5_000);
    expect(child?.startUs).toBe(1_700_000_000_000_000);
    expect(root?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(root?.spanId).toMatch(/^[0-9a-f]{16}$/);
  });

  it('hangs a request under the span of its client, also where it decides itself to trace it', () => {
    const { tracer: tracing } = tracer(1);
    const span = tracing.request(`00-${TRACE}-${SPAN}-00`, 'send', '');
    expect(span?.context.traceId).toBe(TRACE);
    span?.end();
  });
});

describe('what is sampled', () => {
  const sampler = (rate: number, clock = new FakeClock()): Sampler => new Sampler(rate, clock, seededRandom(3));

  it('is the share that was asked for', () => {
    const some = sampler(0.1);
    const taken = Array.from({ length: 20_000 }, () => some.takes(false, false)).filter(Boolean).length;
    expect(taken).toBeGreaterThan(1_800);
    expect(taken).toBeLessThan(2_200);
    const all = sampler(1);
    expect(Array.from({ length: 100 }, () => all.takes(false, false))).not.toContain(false);
  });

  it('is nothing at a share of 0, but for what clients ask for, and that within a bound', async () => {
    const clock = new FakeClock();
    const none = sampler(0, clock);
    expect(Array.from({ length: 1_000 }, () => none.takes(false, true))).not.toContain(true);
    const asked = Array.from({ length: 1_000 }, () => none.takes(true, true)).filter(Boolean).length;
    expect(asked).toBe(LIMITS.tracesAskedBurst);
    await clock.advance(1_000);
    const later = Array.from({ length: 1_000 }, () => none.takes(true, true)).filter(Boolean).length;
    expect(later).toBe(LIMITS.tracesAskedPerSecond);
  });

  it('is also the first message of each second, so that a quiet server shows every journey', async () => {
    const clock = new FakeClock();
    const few = sampler(1e-9, clock);
    expect([few.takes(false, false), few.takes(false, true), few.takes(false, true)]).toEqual([false, true, false]);
    await clock.advance(1_000);
    expect(few.takes(false, true)).toBe(true);
  });
});

describe('the ring of spans', () => {
  const span = (traceId: string, spanId: string, messageId?: string): SpanRecord => ({
    ...{ traceId, spanId, parentId: '', step: 'append', who: '', startUs: 0, endUs: 0 },
    facts: messageId === undefined ? {} : { messageId },
  });

  it('finds all spans of a trace by a message that one of them names, and those of traces that are named', () => {
    const ring = new SpanRing(10);
    for (const one of [span('a', '1'), span('b', '2'), span('a', '3', '7'), span('c', '4')]) ring.add(one);
    expect(ring.find('7').map(({ spanId }) => spanId)).toEqual(['1', '3']);
    expect(ring.find('', ['b', 'c']).map(({ spanId }) => spanId)).toEqual(['2', '4']);
    expect(ring.find('8')).toEqual([]);
  });

  it('keeps the newest, and no more than it may', () => {
    const ring = new SpanRing(3);
    for (let at = 0; at < 10; at++) ring.add(span('a', String(at)));
    const kept = ring.find('', ['a']).map(({ spanId }) => spanId);
    expect(kept.sort()).toEqual(['7', '8', '9']);
  });
});
