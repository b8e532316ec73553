/** The bus while its real server is killed, paused, started again and set up otherwise. */
import { execFileSync } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { findNatsServer, NATS_HINT, NatsServer } from '../../../../test/servers/nats-server.js';
import { describeWith } from '../../../../test/servers/requirement.js';
import { until } from '../../../../test/until.js';
import { ParleyError } from '../../../core/errors.js';
import type { NatsBusOptions } from './nats-bus.js';
import { natsSubject } from './subject.js';
import { newCluster, numbered, numberOf, openTestBus, type TestBus } from './testing/test-bus.js';

const PATIENCE_MS = 20_000;

const servers: NatsServer[] = [];
const opened: TestBus[] = [];

afterEach(async () => {
  for (const { bus } of opened.splice(0)) await bus.close();
  for (const server of servers.splice(0)) await server.remove();
});

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
    await until('a load', () => heard.length > 1_000);
    await server.kill();
    await until('both notice', () => !sender.bus.connected && !reader.bus.connected);
    await server.start();
    await until('both are back', () => sender.bus.connected && reader.bus.connected);
    const back = load.next;
    await until('the load arrives again', () => (heard.at(-1) ?? 0) > back + 1_000);
    load.stop();
    expect(ascending(heard)).toBe(true);
    expect(sender.metrics.read('parley_bus_reconnects_total')).toBe(1);
    expect(reader.metrics.read('parley_bus_reconnects_total')).toBe(1);
  });

  it('keeps what is published while nobody answers, if that is not for long', async () => {
    const { server, sender, reader, heard } = await world({ outageMs: PATIENCE_MS });
    await server.kill();
    await until('both notice', () => !sender.bus.connected && !reader.bus.connected);
    const listening = reader.bus.subscribe('late', () => undefined);
    await server.start();
    await listening;
    await until('the reader is back', () => reader.bus.connected);
    // The sender may be back already: what it publishes now waits or goes, and arrives in either case.
    for (let i = 0; i < 100; i++) sender.bus.publish('s', [numbered(i)]);
    await sender.bus.flush(PATIENCE_MS);
    await until('all of it', () => heard.length === 100);
    expect(ascending(heard)).toBe(true);
    expect(sender.metrics.read('parley_bus_dropped_envelopes_total')).toBe(0);
  });

  it('drops what waited for too long, refuses with overloaded from then on, and takes again later', async () => {
    const { server, sender, heard } = await world({ outageMs: 100 });
    await server.kill();
    await until('it notices', () => !sender.bus.connected);
    sender.bus.publish('s', [numbered(1), numbered(2)]);
    const flushed = sender.bus.flush(PATIENCE_MS).then(
      () => 'flushed',
      (error: ParleyError) => error.kind,
    );
    await until('it refuses', () => refusal(() => sender.bus.publish('s', [numbered(3)])) === 'overloaded');
    expect(sender.metrics.read('parley_bus_dropped_envelopes_total')).toBeGreaterThanOrEqual(2);
    await server.start();
    await until('it is back', () => sender.bus.connected);
    expect(await flushed).toBe('timeout');
    await until('what is published now arrives', () => {
      sender.bus.publish('s', [numbered(4)]);
      return heard.includes(4);
    });
    expect(new Set(heard)).toEqual(new Set([4]));
  });

  it('stays within its bounds behind a server that hangs, and goes on when that does', async () => {
    const queueBytesMax = 16 * 1024 * 1024;
    const { server, sender, heard } = await world({ queueBytesMax, connectTimeoutMs: 200 });
    server.pause();
    let published = 0;
    await until('the queue is full', () => {
      const outcome = refusal(() => sender.bus.publish('s', [numbered(published, 500_000)]));
      if (outcome === 'taken') published++;
      return outcome === 'overloaded';
    });
    expect(published * 500_000).toBeLessThan(2 * queueBytesMax);
    await until('it gives the server up', () => !sender.bus.connected);
    server.resume();
    await until('it is back', () => sender.bus.connected);
    await until('what is published now arrives', () => {
      sender.bus.publish('s', [numbered(1_000_000)]);
      return heard.includes(1_000_000);
    });
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
    await until('the reader is back', () => reader.metrics.read('parley_bus_reconnects_total') === 1);
    const again: number[] = [];
    await reader.bus.subscribe('water', (envelopes) => again.push(...envelopes.map(numberOf)));
    await until('what is published now arrives', () => {
      if (sender.bus.connected) sender.bus.publish('water', [numbered(2)]);
      return again.includes(2);
    });
    expect(reader.metrics.read('parley_bus_bytes_received_total')).toBeLessThan(100 * 1_000_000);
    expect(heard).toEqual([]);
  });

  it('is closed in time while nobody answers, with whoever waits for it', async () => {
    const { server, sender } = await world();
    await server.kill();
    await until('it notices', () => !sender.bus.connected);
    const listening = sender.bus.subscribe('s', () => undefined);
    listening.catch(() => undefined);
    await sender.bus.close();
    await expect(listening).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(sender.bus.subscribe('s', () => undefined)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(refusal(() => sender.bus.publish('s', [numbered(1)]))).toBe('unavailable');
  });
});
