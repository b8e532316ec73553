import { describe, expect, it } from 'vitest';
import type { Bus } from '../../core/bus.js';
import { ParleyError } from '../../core/errors.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { BUS_CONFORMANCE, type ConformancePlace } from './conformance.js';
import { busEnvelopeCodec } from './envelope-codec.js';
import { MemoryBus, type MemoryBusOptions } from './memory/memory-bus.js';

const QUEUE_ENVELOPES_MAX = 1_000;
const codec = busEnvelopeCodec(1024 * 1024);

type Options = MemoryBusOptions<BusEnvelope>;

function place(options: Options = {}, breaks: (bus: Bus<BusEnvelope>) => Partial<Bus<BusEnvelope>> = () => ({})) {
  const clock = new FakeClock();
  const bus = new MemoryBus<BusEnvelope>(clock, { queueEnvelopesMax: QUEUE_ENVELOPES_MAX, ...options });
  const whole: Bus<BusEnvelope> = {
    publish: (subject, envelopes) => bus.publish(subject, envelopes),
    subscribe: (subject, handler) => bus.subscribe(subject, handler),
    flush: (deadlineMs) => bus.flush(deadlineMs),
    close: () => bus.close(),
  };
  const made: ConformancePlace = {
    connect: () => Promise.resolve({ ...whole, ...breaks(whole) }),
    settle: () => clock.advance(10),
    queueEnvelopesMax: QUEUE_ENVELOPES_MAX,
  };
  return made;
}

type Breaks = (bus: Bus<BusEnvelope>) => Partial<Bus<BusEnvelope>>;

/** Each breaks one promise of the port. */
const BROKEN: Record<string, () => ConformancePlace> = {
  'turns batches round': () =>
    place({}, (bus) => ({ publish: (subject, envelopes) => bus.publish(subject, [...envelopes].reverse()) })),
  'drops every fiftieth envelope': () => {
    let count = 0;
    return place({}, (bus) => ({
      publish: (subject, envelopes) =>
        bus.publish(
          subject,
          envelopes.filter(() => ++count % 50 !== 0),
        ),
    }));
  },
  'delivers the last of a larger batch twice': () =>
    place({}, (bus) => ({
      publish: (subject, envelopes) =>
        bus.publish(subject, envelopes.length < 3 ? envelopes : [...envelopes, ...envelopes.slice(-1)]),
    })),
  'takes a subject for all below it': () =>
    place({}, (bus) => ({
      publish: (subject, envelopes) => bus.publish(subject.split('.')[0] ?? '', envelopes),
      subscribe: (subject, handler) => bus.subscribe(subject.split('.')[0] ?? '', handler),
    })),
  'calls the handlers within publish': () => {
    const handlers: [string, (envelopes: readonly BusEnvelope[]) => void][] = [];
    const breaks: Breaks = () => ({
      publish: (subject, envelopes) => {
        for (const [name, handler] of handlers) if (name === subject) handler(envelopes);
      },
      subscribe: (subject, handler) => {
        handlers.push([subject, handler]);
        return Promise.resolve({
          unsubscribe: () =>
            handlers.splice(
              handlers.findIndex((one) => one[1] === handler),
              1,
            ),
        });
      },
    });
    return place({}, breaks);
  },
  'goes on after the subscription has ended': () =>
    place({}, (bus) => ({
      subscribe: (subject, handler) => bus.subscribe(subject, handler).then(() => ({ unsubscribe: () => undefined })),
    })),
  'has no bound': () => place({ queueEnvelopesMax: Number.POSITIVE_INFINITY }),
  'drops in silence above its bound': () =>
    place({}, (bus) => ({
      publish: (subject, envelopes) => {
        try {
          bus.publish(subject, envelopes);
        } catch {
          // as if it were taken
        }
      },
    })),
  'takes a part of what it refuses': () =>
    place({ queueEnvelopesMax: Number.POSITIVE_INFINITY }, (bus) => {
      let waiting = 0;
      return {
        publish: (subject, envelopes) => {
          if (subject === 's' && waiting + envelopes.length > QUEUE_ENVELOPES_MAX) {
            bus.publish(subject, envelopes.slice(0, QUEUE_ENVELOPES_MAX - waiting));
            throw new ParleyError('overloaded');
          }
          waiting += subject === 's' ? envelopes.length : 0;
          bus.publish(subject, envelopes);
        },
      };
    }),
  'goes on after it was closed': () => place({}, () => ({ close: () => Promise.resolve() })),
  'loses what is above one payload': () => {
    const short = { ...codec, encode: (envelopes: readonly BusEnvelope[]) => codec.encode(envelopes).slice(0, 1) };
    return place({ codec: short });
  },
};

describe('the conformance suite', () => {
  it.each(Object.entries(BROKEN))('catches a bus that %s', async (_name, broken) => {
    const failed: string[] = [];
    for (const check of BUS_CONFORMANCE) await check.run(broken()).catch(() => failed.push(check.name));
    expect(failed).not.toEqual([]);
    expect(failed.length).toBeLessThan(BUS_CONFORMANCE.length);
  });
});

const CHECKS = BUS_CONFORMANCE.map((check) => [check.name, check] as const);

describe('the memory bus', () => {
  it.each(CHECKS)('%s', (_name, check) => check.run(place()));

  it('gives the subscriber itself, not a copy', async () => {
    const here = place();
    const bus = await here.connect();
    const envelope: BusEnvelope = { type: 'session_end', sessionId: 's', reason: 'owner_changed' };
    const heard: BusEnvelope[] = [];
    await bus.subscribe('s', (envelopes) => heard.push(...envelopes));
    bus.publish('s', [envelope]);
    await here.settle();
    expect(heard[0]).toBe(envelope);
  });
});

describe('the memory bus with envelopes as bytes', () => {
  it.each(CHECKS)('%s', (_name, check) => check.run(place({ codec })));

  it('refuses an envelope that no payload holds, and nothing of its batch comes', async () => {
    const here = place({ codec: busEnvelopeCodec(1_000) });
    const bus = await here.connect();
    const heard: BusEnvelope[] = [];
    await bus.subscribe('s', (envelopes) => heard.push(...envelopes));
    const small: BusEnvelope = { type: 'session_end', sessionId: 's', reason: 'owner_changed' };
    expect(() => bus.publish('s', [small, { ...small, sessionId: 'x'.repeat(1_000) }])).toThrow(ParleyError);
    await here.settle();
    expect(heard).toEqual([]);
  });
});
