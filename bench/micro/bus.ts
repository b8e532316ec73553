/**
 * The bus alone: `node dist/bench/micro/bus.js host:port [seconds]`, with a nats-server at that address. One process
 * publishes envelopes of an event with 200 bytes of text to 16 subjects, 50 a turn, and hears them all itself, with at most
 * 20,000 on their way. In one run: the bus in memory, by reference and with every envelope through its bytes; the bus over
 * NATS; and the floor, the driver alone with the bytes of each envelope as a message of its own, encoded once beforehand,
 * and no decoding. Repeated, each in its turn; medians.
 *
 * Processor time is that of this process, both ends in it; the server's is not in it. Not measured: more than one machine,
 * TLS, a cluster of servers.
 */
import { connect } from '@nats-io/transport-node';
import { busEnvelopeCodec } from '../../src/cluster/bus/envelope-codec.js';
import { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import { openNatsBus } from '../../src/cluster/bus/nats/nats-bus.js';
import type { Bus } from '../../src/core/bus.js';
import { systemClock } from '../../src/core/clock.js';
import { ParleyError } from '../../src/core/errors.js';
import { LIMITS } from '../../src/core/limits.js';
import { silentLogger } from '../../src/core/logger.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { BusEnvelope } from '../../src/protocol/bus-messages.js';
import { EncodedEvent } from '../../src/protocol/encoded-event.js';
import { v1 } from '../../src/protocol/wire.js';

const [server = '127.0.0.1:4222', secondsText = '3'] = process.argv.slice(2);
const SUBJECTS = Array.from({ length: 16 }, (_, i) => `node.n${i}`);
const A_TURN = 50;
const ROUNDS = 3;
const BACKLOG_MAX = 20_000;

const event = EncodedEvent.of(
  v1.Event.create({ channelId: 'alice~bob', seq: 7, from: 'alice', message: { text: 'x'.repeat(200) } }),
);
const envelope: BusEnvelope = {
  type: 'tell',
  actor: 'user:bob',
  notice: { type: 'deliver', channelId: 'alice~bob', previousSeq: 6, event, senderSession: '' },
  onlyIfActive: false,
};

interface Candidate {
  /** Publishes one envelope; false when there is no room now. */
  publish(subject: string): boolean;
  /** Calls back with the number of envelopes that arrived. */
  listen(subject: string, heard: (count: number) => void): Promise<unknown>;
  close(): Promise<void>;
}

function overBus(bus: Bus<BusEnvelope>): Candidate {
  return {
    publish: (subject) => {
      try {
        bus.publish(subject, [envelope]);
        return true;
      } catch (error) {
        if (error instanceof ParleyError) return false;
        throw error;
      }
    },
    listen: (subject, heard) => bus.subscribe(subject, (envelopes) => heard(envelopes.length)),
    close: () => bus.close(),
  };
}

async function bareNats(): Promise<Candidate> {
  const connection = await connect({ servers: server });
  const [bytes = new Uint8Array()] = busEnvelopeCodec(10_000).encode([envelope]);
  return {
    publish: (subject) => {
      connection.publish(`bench.${subject}`, bytes);
      return true;
    },
    listen: async (subject, heard) => {
      connection.subscribe(`bench.${subject}`, { callback: () => heard(1) });
      await connection.flush();
    },
    close: () => connection.close(),
  };
}

function natsBus(): Promise<Bus<BusEnvelope>> {
  const deps = { clock: systemClock, logger: silentLogger, metrics: noMetrics };
  return openNatsBus({ servers: [server], cluster: 'bench', ...deps });
}

/** Keeps at most BACKLOG_MAX on their way; returns envelopes a second and microseconds of processor time an envelope. */
async function run(candidate: Candidate): Promise<readonly [number, number]> {
  let [sent, received] = [0, 0];
  for (const subject of SUBJECTS)
    await candidate.listen(subject, (count) => {
      received += count;
    });
  const processorBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + Number(secondsText) * 1000;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const over = performance.now() >= end;
      for (let i = 0; i < A_TURN && !over && sent - received < BACKLOG_MAX; i++) {
        if (candidate.publish(SUBJECTS[sent % SUBJECTS.length] ?? '')) sent++;
      }
      if (over && received === sent) resolve();
      else setImmediate(turn);
    };
    turn();
  });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(processorBefore);
  return [received / seconds, (user + system) / received];
}

const CANDIDATES: Record<string, () => Promise<Candidate>> = {
  'bare NATS': bareNats,
  'bus over NATS': async () => overBus(await natsBus()),
  'bus of bytes': async () => overBus(new MemoryBus(systemClock, { codec: busEnvelopeCodec(LIMITS.envelopeBytesMax) })),
  'bus in memory': async () => overBus(new MemoryBus<BusEnvelope>(systemClock)),
};

const results = new Map<string, (readonly [number, number])[]>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, open] of Object.entries(CANDIDATES)) {
    const candidate = await open();
    results.set(name, [...(results.get(name) ?? []), await run(candidate)]);
    await candidate.close();
  }
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
console.log('what             envelopes/s   µs an envelope');
for (const [name, runs] of results) {
  const [rate, cost] = [median(runs.map((one) => one[0])), median(runs.map((one) => one[1]))];
  console.log(`${name.padEnd(17)}${rate.toFixed(0).padStart(11)}${cost.toFixed(2).padStart(17)}`);
}
process.exit(0);
