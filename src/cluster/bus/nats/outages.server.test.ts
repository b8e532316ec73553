/** The bus while its real server is killed, paused, started again and set up otherwise. */
import { execFileSync } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { findNatsServer, NATS_HINT, NatsServer } from '../../../../test/servers/nats-server.js';
import { describeWith } from '../../../../test/servers/requirement.js';
import { ParleyError } from '../../../core/errors.js';
import { seededRandom } from '../../../core/random.js';
import { Backoff } from './backoff.js';
import type { NatsBusOptions } from './nats-bus.js';
import { natsSubject } from './subject.js';
import { newCluster, numbered, numberOf, openTestBus, type TestBus } from './testing/test-bus.js';

const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 5;

const servers: NatsServer[] = [];
const opened: TestBus[] = [];

afterEach(async () => {
  for (const { bus } of opened.splice(0)) await bus.close();
  for (const server of servers.splice(0)) await server.remove();
});

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !condition(); ) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function refusal(publish: () => void): string {
  try {
    publish();
    return 'taken';
  } catch (error) {
    if (error instanceof ParleyError) return error.kind;
    throw error;
  }
}

/** Publishes numbered envelopes turn by turn until stopped. */
class Load {
  next = 0;
  refused = 0;
  private stopped = false;
  private readonly bus: TestBus['bus'];

  constructor(bus: TestBus['bus']) {
    this.bus = bus;
    this.turn();
  }

  private turn(): void {
    if (this.stopped) return;
    for (let i = 0; i < 20; i++) {
      if (refusal(() => this.bus.publish('s', [numbered(this.next, 200)])) === 'taken') this.next++;
      else this.refused++;
    }
    setTimeout(() => this.turn(), 1);
  }

  stop(): void {
    this.stopped = true;
  }
}

/** Publishes megabytes from a process of its own; returns when the server has them all, and nothing else runs here meanwhile. */
function flood(port: number, subject: string, megabytes: number): void {
  const program = `
    const socket = require('node:net').connect(${port}, '127.0.0.1');
    socket.on('data', (data) => data.includes('PONG') && process.exit(0));
    socket.write('CONNECT {"verbose":false}\\r\\n');
    const payload = Buffer.alloc(1_000_000);
    for (let i = 0; i < ${megabytes}; i++) {
      socket.write('PUB ${subject} 1000000\\r\\n');
      socket.write(payload);
      socket.write('\\r\\n');
    }
    socket.write('PING\\r\\n');`;
  execFileSync(process.execPath, ['-e', program]);
}

const ascending = (numbers: readonly number[]): boolean =>
  numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));

describeWith('the NATS bus in an outage', findNatsServer(), NATS_HINT, (program) => {
  async function world(options: Partial<NatsBusOptions> = {}) {
    const server = await NatsServer.start(program);
    servers.push(server);
    const cluster = newCluster();
    const [sender, reader] = [
      await openTestBus(server.address, { cluster, ...options }),
      await openTestBus(server.address, { cluster, ...options }),
    ];
    opened.push(sender, reader);
    const heard: number[] = [];
    await reader.bus.subscribe('s', (envelopes) => heard.push(...envelopes.map(numberOf)));
    return { server, sender, reader, heard };
  }

  it('goes on by itself after its server was killed under load and started again, in order and without doubles', async () => {
    const { server, sender, reader, heard } = await world();
    const load = new Load(sender.bus);
    await until(() => heard.length > 1_000, 'a load');
    await server.kill();
    await until(() => !sender.bus.connected && !reader.bus.connected, 'both notice');
    await server.start();
    await until(() => sender.bus.connected && reader.bus.connected, 'both are back');
    const back = load.next;
    await until(() => (heard.at(-1) ?? 0) > back + 1_000, 'the load arrives again');
    load.stop();
    expect(ascending(heard)).toBe(true);
    expect(sender.metrics.read('parley_bus_reconnects_total')).toBe(1);
    expect(reader.metrics.read('parley_bus_reconnects_total')).toBe(1);
  });

  it('keeps what is published while nobody answers, if that is not for long', async () => {
    const { server, sender, reader, heard } = await world({ outageMs: PATIENCE_MS });
    await server.kill();
    await until(() => !sender.bus.connected && !reader.bus.connected, 'both notice');
    const listening = reader.bus.subscribe('late', () => undefined);
    await server.start();
    await listening;
    await until(() => reader.bus.connected, 'the reader is back');
    // The sender may be back already: what it publishes now waits or goes, and arrives in either case.
    for (let i = 0; i < 100; i++) sender.bus.publish('s', [numbered(i)]);
    await sender.bus.flush(PATIENCE_MS);
    await until(() => heard.length === 100, 'all of it');
    expect(ascending(heard)).toBe(true);
    expect(sender.metrics.read('parley_bus_dropped_envelopes_total')).toBe(0);
  });

  it('drops what waited for too long, refuses with overloaded from then on, and takes again later', async () => {
    const { server, sender, heard } = await world({ outageMs: 100 });
    await server.kill();
    await until(() => !sender.bus.connected, 'it notices');
    sender.bus.publish('s', [numbered(1), numbered(2)]);
    const flushed = sender.bus.flush(PATIENCE_MS).then(
      () => 'flushed',
      (error: ParleyError) => error.kind,
    );
    await until(() => refusal(() => sender.bus.publish('s', [numbered(3)])) === 'overloaded', 'it refuses');
    expect(sender.metrics.read('parley_bus_dropped_envelopes_total')).toBeGreaterThanOrEqual(2);
    await server.start();
    await until(() => sender.bus.connected, 'it is back');
    expect(await flushed).toBe('timeout');
    await until(() => {
      sender.bus.publish('s', [numbered(4)]);
      return heard.includes(4);
    }, 'what is published now arrives');
    expect(new Set(heard)).toEqual(new Set([4]));
  });

  it('stays within its bounds behind a server that hangs, and goes on when that does', async () => {
    const queueBytesMax = 16 * 1024 * 1024;
    const { server, sender, heard } = await world({ queueBytesMax, connectTimeoutMs: 200 });
    server.pause();
    let published = 0;
    await until(() => {
      const outcome = refusal(() => sender.bus.publish('s', [numbered(published, 500_000)]));
      if (outcome === 'taken') published++;
      return outcome === 'overloaded';
    }, 'the queue is full');
    expect(published * 500_000).toBeLessThan(2 * queueBytesMax);
    await until(() => !sender.bus.connected, 'it gives the server up');
    server.resume();
    await until(() => sender.bus.connected, 'it is back');
    await until(() => {
      sender.bus.publish('s', [numbered(1_000_000)]);
      return heard.includes(1_000_000);
    }, 'what is published now arrives');
    expect(ascending([...new Set(heard)])).toBe(true);
  });

  it('goes on when the server has ended its connection as that of a slow consumer', async () => {
    const cluster = newCluster();
    const { server, sender, heard } = await world({ cluster });
    const reader = await openTestBus(server.address, { cluster });
    opened.push(reader);
    // While the handler runs this process reads nothing: the server has to keep what comes, and gives up at 64 MiB.
    await reader.bus.subscribe('flood', () => flood(server.port, natsSubject(cluster, 'water'), 100));
    await reader.bus.subscribe('water', () => undefined);
    sender.bus.publish('flood', [numbered(1)]);
    await until(() => reader.metrics.read('parley_bus_reconnects_total') === 1, 'the reader is back');
    const again: number[] = [];
    await reader.bus.subscribe('water', (envelopes) => again.push(...envelopes.map(numberOf)));
    await until(() => {
      if (sender.bus.connected) sender.bus.publish('water', [numbered(2)]);
      return again.includes(2);
    }, 'what is published now arrives');
    expect(reader.metrics.read('parley_bus_bytes_received_total')).toBeLessThan(100 * 1_000_000);
    expect(heard).toEqual([]);
  });

  it('is closed in time while nobody answers, with whoever waits for it', async () => {
    const { server, sender } = await world();
    await server.kill();
    await until(() => !sender.bus.connected, 'it notices');
    const listening = sender.bus.subscribe('s', () => undefined);
    listening.catch(() => undefined);
    await sender.bus.close();
    await expect(listening).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(sender.bus.subscribe('s', () => undefined)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(refusal(() => sender.bus.publish('s', [numbered(1)]))).toBe('unavailable');
  });
});

it('waits longer after each failed attempt, up to a second, at random below that', () => {
  const backoff = new Backoff(seededRandom(1));
  const delays = Array.from({ length: 8 }, () => {
    backoff.failed();
    return backoff.delayMs;
  });
  expect(delays.every((delay, i) => delay <= Math.min(1_000, 100 * 2 ** (i + 1)) && delay >= 100)).toBe(true);
  expect(delays.at(-1)).toBeGreaterThanOrEqual(500);
  expect(new Set(delays.slice(4)).size).toBeGreaterThan(1);
  backoff.succeeded();
  expect(backoff.delayMs).toBeLessThanOrEqual(100);
});
