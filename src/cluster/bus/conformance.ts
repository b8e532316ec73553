/**
 * What every implementation of the Bus port must do: a list of checks that knows no test runner, so that a test can also
 * prove that it catches broken buses. Each check gets a place of its own, on which nobody listens yet.
 */
import assert from 'node:assert/strict';
import type { Bus } from '../../core/bus.js';
import { ParleyError } from '../../core/errors.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';

export interface ConformancePlace {
  /** Connects. All connections of a place carry to each other; an implementation may give the same one each time. */
  connect(): Promise<Bus<BusEnvelope>>;
  /** Resolves when everything that was published before has been delivered. */
  settle(): Promise<void>;
  /** Envelopes a subject takes before something is delivered; a multiple of 10. */
  readonly queueEnvelopesMax: number;
}

export interface ConformanceCheck {
  readonly name: string;
  run(place: ConformancePlace): Promise<void>;
}

/** A small envelope that tells its number, and where it was published. */
function numbered(number: number, from = ''): BusEnvelope {
  return { type: 'refusal', correlation: number, error: 'timeout', sentence: from, retryAfterMs: 0 };
}

function numbers(from: number, to: number, name = ''): BusEnvelope[] {
  return Array.from({ length: to - from }, (_, i) => numbered(from + i, name));
}

function show(envelope: BusEnvelope): string {
  return envelope.type === 'refusal' ? `${envelope.sentence}${envelope.correlation}` : envelope.type;
}

const shown = (envelopes: readonly BusEnvelope[]): string[] => envelopes.map(show);

/** Somebody who listens: what came, batch by batch. */
class Listener {
  readonly batches: (readonly BusEnvelope[])[] = [];
  unsubscribe: () => void = () => undefined;

  static async on(bus: Bus<BusEnvelope>, subject: string): Promise<Listener> {
    const listener = new Listener();
    const subscription = await bus.subscribe(subject, (envelopes) => listener.batches.push(envelopes));
    listener.unsubscribe = () => subscription.unsubscribe();
    return listener;
  }

  get heard(): string[] {
    return shown(this.batches.flat());
  }
}

function refusalOf(publish: () => void): string {
  try {
    publish();
  } catch (error) {
    if (error instanceof ParleyError) return error.kind;
    throw error;
  }
  return 'taken';
}

async function deliversBySubject(place: ConformancePlace): Promise<void> {
  const [publisher, reader] = [await place.connect(), await place.connect()];
  const [one, same, other] = [
    await Listener.on(reader, 'a.b'),
    await Listener.on(reader, 'a.b'),
    await Listener.on(reader, 'a.c'),
  ];
  publisher.publish('a.b', [numbered(1)]);
  publisher.publish('a.c', [numbered(2)]);
  publisher.publish('a', [numbered(3)]);
  await place.settle();
  assert.deepEqual([one.heard, same.heard, other.heard], [['1'], ['1'], ['2']]);
}

async function keepsOrder(place: ConformancePlace): Promise<void> {
  const publishers = [await place.connect(), await place.connect()];
  const reader = await place.connect();
  const listener = await Listener.on(reader, 's');
  for (let round = 0; round < 20; round++) {
    publishers.forEach((publisher, p) => {
      const name = `p${p}-`;
      publisher.publish('s', numbers(round * 3, round * 3 + 2, name));
      publisher.publish('s', numbers(round * 3 + 2, round * 3 + 3, name));
    });
    if (round % 5 === 0) await place.settle();
  }
  await place.settle();
  for (const name of ['p0-', 'p1-']) {
    const own = listener.heard.filter((text) => text.startsWith(name));
    assert.deepEqual(own, shown(numbers(0, 60, name)));
  }
}

async function carriesLargeBatches(place: ConformancePlace): Promise<void> {
  const bus = await place.connect();
  const listener = await Listener.on(bus, 's');
  const filling = 'x'.repeat(4_000);
  const batch = numbers(0, Math.min(1_000, place.queueEnvelopesMax), filling);
  bus.publish('s', batch);
  bus.publish('s', []);
  await place.settle();
  assert.deepEqual(listener.heard, shown(batch));
  assert.ok(
    listener.batches.every((one) => one.length > 0),
    'no batch is empty',
  );
}

async function publishesWithoutWaiting(place: ConformancePlace): Promise<void> {
  const bus = await place.connect();
  const answers = await Listener.on(bus, 'answers');
  let publishing = false;
  let called = 0;
  await bus.subscribe('questions', (envelopes) => {
    called += publishing ? 0 : envelopes.length;
    bus.publish('answers', envelopes);
  });
  publishing = true;
  bus.publish('questions', numbers(0, 3));
  publishing = false;
  await place.settle();
  assert.equal(called, 3, 'a handler runs in a turn of its own, not within publish');
  assert.deepEqual(answers.heard, ['0', '1', '2'], 'a handler may publish');
}

async function startsWithTheSubscription(place: ConformancePlace): Promise<void> {
  const bus = await place.connect();
  bus.publish('s', [numbered(1)]);
  await place.settle();
  const listener = await Listener.on(bus, 's');
  bus.publish('s', [numbered(2)]);
  await place.settle();
  assert.deepEqual(listener.heard, ['2']);
}

async function stopsWithTheSubscription(place: ConformancePlace): Promise<void> {
  const bus = await place.connect();
  const [leaving, staying] = [await Listener.on(bus, 's'), await Listener.on(bus, 's')];
  bus.publish('s', [numbered(1)]);
  await place.settle();
  leaving.unsubscribe();
  bus.publish('s', [numbered(2)]);
  await place.settle();
  assert.deepEqual([leaving.heard, staying.heard], [['1'], ['1', '2']]);
  staying.unsubscribe();
  const again = await Listener.on(bus, 's');
  leaving.unsubscribe();
  staying.unsubscribe();
  bus.publish('s', [numbered(3)]);
  await place.settle();
  assert.deepEqual([leaving.heard, staying.heard, again.heard], [['1'], ['1', '2'], ['3']]);
}

async function flushes(place: ConformancePlace): Promise<void> {
  const bus = await place.connect();
  const listener = await Listener.on(bus, 's');
  bus.publish('s', numbers(0, 5));
  const flushed = bus.flush(10_000);
  await place.settle();
  await flushed;
  assert.deepEqual(listener.heard, shown(numbers(0, 5)));
  await bus.flush(10_000);
}

async function refusesAboveItsBound(place: ConformancePlace): Promise<void> {
  const { queueEnvelopesMax } = place;
  const bus = await place.connect();
  const listener = await Listener.on(bus, 's');
  const other = await Listener.on(bus, 'other');
  const step = queueEnvelopesMax / 10;
  for (let from = 0; from < queueEnvelopesMax; from += step) bus.publish('s', numbers(from, from + step));
  const outcome = refusalOf(() => bus.publish('s', numbers(queueEnvelopesMax, queueEnvelopesMax + 2)));
  assert.equal(outcome, 'overloaded');
  bus.publish('other', [numbered(1)]);
  await place.settle();
  assert.deepEqual(listener.heard, shown(numbers(0, queueEnvelopesMax)), 'what was taken came, and nothing else');
  assert.deepEqual(other.heard, ['1'], 'one full subject stops no other');
  bus.publish('s', [numbered(7)]);
  await place.settle();
  assert.equal(listener.heard.at(-1), '7', 'there is room again');
}

async function takesAllOrNothing(place: ConformancePlace): Promise<void> {
  const { queueEnvelopesMax } = place;
  const bus = await place.connect();
  const listener = await Listener.on(bus, 's');
  const fill = numbers(0, queueEnvelopesMax - 1);
  bus.publish('s', fill);
  assert.equal(
    refusalOf(() => bus.publish('s', numbers(500_000, 500_002))),
    'overloaded',
  );
  await place.settle();
  assert.deepEqual(listener.heard, shown(fill));
}

async function closes(place: ConformancePlace): Promise<void> {
  const bus = await place.connect();
  const listener = await Listener.on(bus, 's');
  bus.publish('s', numbers(0, 3));
  const closed = bus.close();
  await place.settle();
  await closed;
  assert.deepEqual(listener.heard, ['0', '1', '2'], 'what was published before came');
  try {
    bus.publish('s', [numbered(3)]);
  } catch {
    // It may say so.
  }
  await place.settle();
  assert.deepEqual(listener.heard, ['0', '1', '2'], 'and nothing after');
}

export const BUS_CONFORMANCE: readonly ConformanceCheck[] = [
  { name: 'delivers to every subscriber of a subject, and to no other', run: deliversBySubject },
  { name: 'keeps the order of each publisher on a subject', run: keepsOrder },
  { name: 'carries batches larger than one payload, whole and in order', run: carriesLargeBatches },
  { name: 'publishes without waiting for those who listen', run: publishesWithoutWaiting },
  { name: 'brings a subscriber nothing of before its subscription', run: startsWithTheSubscription },
  {
    name: 'brings a subscriber nothing after its subscription, however often it ends that',
    run: stopsWithTheSubscription,
  },
  { name: 'has handed everything over once it is flushed', run: flushes },
  { name: 'refuses what is above its bound, and recovers', run: refusesAboveItsBound },
  { name: 'takes a batch whole or not at all', run: takesAllOrNothing },
  { name: 'delivers what was published before it closed, and nothing after', run: closes },
];
