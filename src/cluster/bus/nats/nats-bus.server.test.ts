import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findNatsServer, NATS_HINT, NatsServer } from '../../../../test/servers/nats-server.js';
import { describeWith } from '../../../../test/servers/requirement.js';
import { LIMITS } from '../../../core/limits.js';
import { BUS_CONFORMANCE, type ConformancePlace } from '../conformance.js';
import { busEnvelopeCodec } from '../envelope-codec.js';
import type { NatsBusOptions } from './nats-bus.js';
import { natsSubject } from './subject.js';
import { newCluster, numbered, numberOf, openTestBus, type TestBus } from './testing/test-bus.js';

const { PARLEY_NATS } = process.env;
const ROUNDS = 3;
const FLUSH_MS = 10_000;

const opened: TestBus[] = [];
const servers: NatsServer[] = [];

async function open(server: string, options: Partial<NatsBusOptions> = {}): Promise<TestBus> {
  const one = await openTestBus(server, options);
  opened.push(one);
  return one;
}

afterEach(async () => {
  for (const { bus } of opened.splice(0)) await bus.close();
  for (const server of servers.splice(0)) await server.remove();
});

/** Once every bus has heard from the server that it is done, all is there that was on its way; and so what that led to. */
async function settle(buses: readonly TestBus[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const { bus } of buses) {
      await bus.flush(FLUSH_MS).catch((error: unknown) => {
        if (bus.connected) throw error;
      });
    }
  }
}

async function listener(bus: TestBus['bus'], subject: string): Promise<number[]> {
  const heard: number[] = [];
  await bus.subscribe(subject, (envelopes) => heard.push(...envelopes.map(numberOf)));
  return heard;
}

function place(server: string): ConformancePlace {
  const cluster = newCluster();
  const buses: TestBus[] = [];
  const queueEnvelopesMax = 1_000;
  return {
    connect: async () => {
      const made = await open(server, { cluster, queueEnvelopesMax });
      buses.push(made);
      return made.bus;
    },
    settle: () => settle(buses),
    queueEnvelopesMax,
  };
}

function conformance(server: () => string): void {
  it.each(BUS_CONFORMANCE.map((check) => [check.name, check] as const))('%s', (_name, check) =>
    check.run(place(server())),
  );
}

if (PARLEY_NATS !== undefined) describe('the NATS bus on PARLEY_NATS', () => conformance(() => PARLEY_NATS));

describeWith('the NATS bus', findNatsServer(), NATS_HINT, (program) => {
  let server: NatsServer;
  let address = '';

  beforeAll(async () => {
    server = await NatsServer.start(program);
    address = server.address;
  });

  afterAll(() => server.remove());

  conformance(() => address);

  it('sends what is ready together as one message a subject', async () => {
    const one = await open(address);
    const heard = await listener(one.bus, 's');
    for (let i = 0; i < 500; i++) one.bus.publish('s', [numbered(i, 100)]);
    one.bus.publish('other', [numbered(0)]);
    await settle([one]);
    expect(heard).toHaveLength(500);
    expect(one.metrics.read('parley_bus_messages_sent_total')).toBe(2);
    expect(one.metrics.read('parley_bus_envelopes_sent_total')).toBe(501);
    expect(one.metrics.read('parley_bus_messages_received_total')).toBe(1);
  });

  it('brings subjects of odd characters to those who asked for exactly them', async () => {
    const one = await open(address);
    const odd = ['fanout.alice~bob', 'fanout.*', 'fanout.>', '>', 'a b', 'a\tb', 'a..b', '', 'é.☃', 'a=20b'];
    const heard = await Promise.all(odd.map((subject) => listener(one.bus, subject)));
    odd.forEach((subject, i) => {
      one.bus.publish(subject, [numbered(i)]);
    });
    await settle([one]);
    expect(heard).toEqual(odd.map((_, i) => [i]));
  });

  it('keeps clusters of other names apart', async () => {
    const [blue, green] = [await open(address), await open(address)];
    const [atBlue, atGreen] = [await listener(blue.bus, 's'), await listener(green.bus, 's')];
    blue.bus.publish('s', [numbered(1)]);
    await settle([blue, green]);
    expect([atBlue, atGreen]).toEqual([[1], []]);
  });

  it('refuses an envelope that is larger than any may be, and takes the largest', async () => {
    const one = await open(address);
    const heard = await listener(one.bus, 's');
    const tooLarge = [numbered(1), numbered(2, LIMITS.envelopeBytesMax)];
    expect(() => one.bus.publish('s', tooLarge)).toThrow(expect.objectContaining({ kind: 'frame_too_large' }) as Error);
    one.bus.publish('s', [numbered(3, LIMITS.envelopeBytesMax - 100)]);
    await settle([one]);
    expect(heard).toEqual([3]);
  });

  it('counts and logs what it cannot decode, and goes on', async () => {
    const cluster = newCluster();
    const one = await open(address, { cluster });
    const heard = await listener(one.bus, 's');
    const stranger = await connect({ servers: address });
    const [good = new Uint8Array()] = busEnvelopeCodec(1_000).encode([numbered(7)]);
    stranger.publish(natsSubject(cluster, 's'), Uint8Array.of(0xff, 0xff, 0xff));
    stranger.publish(natsSubject(cluster, 's'), new Uint8Array());
    stranger.publish(natsSubject(cluster, 's'), good);
    await stranger.flush();
    await stranger.close();
    await settle([one]);
    expect(heard).toEqual([7]);
    expect(one.metrics.read('parley_bus_malformed_total')).toBe(1);
    expect(one.said).toEqual(['warn: a message on the bus could not be decoded']);
  });

  it('tells its metrics whether it is connected, what waits and what is listened to', async () => {
    const one = await open(address);
    const subscription = await one.bus.subscribe('s', () => undefined);
    one.bus.publish('s', [numbered(1, 1_000)]);
    expect(one.metrics.read('parley_bus_connected')).toBe(1);
    expect(one.metrics.read('parley_bus_subscriptions')).toBe(1);
    expect(one.metrics.read('parley_bus_queue_bytes')).toBeGreaterThan(1_000);
    await settle([one]);
    subscription.unsubscribe();
    expect(one.metrics.read('parley_bus_queue_bytes')).toBe(0);
    expect(one.metrics.read('parley_bus_subscriptions')).toBe(0);
    await one.bus.close();
    expect(one.metrics.read('parley_bus_connected')).toBe(0);
  });
});

describeWith('a NATS server that is set up otherwise', findNatsServer(), NATS_HINT, (program) => {
  async function start(...flags: string[]): Promise<string> {
    const server = await NatsServer.start(program, flags);
    servers.push(server);
    return server.address;
  }

  it('is spoken to with a user’s password or a token', async () => {
    const byPassword = await start('--user', 'parley', '--pass', 'secret');
    await open(byPassword, { credentials: { type: 'password', user: 'parley', password: 'secret' } });
    const byToken = await start('--auth', 'secret');
    await open(byToken, { credentials: { type: 'token', token: 'secret' } });
    await expect(open(byToken)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('is spoken to over TLS, if it is whom its certificate names', async () => {
    const tls = new URL('../../../../test/process/tls/', import.meta.url);
    const [certificate, key] = ['certificate.pem', 'key.pem'].map((file) => fileURLToPath(new URL(file, tls)));
    const address = await start('--tls', '--tlscert', certificate ?? '', '--tlskey', key ?? '');
    const ca = readFileSync(certificate ?? '', 'utf8');
    await open(address, { tls: { ca } });
    await expect(open(address, { tls: {} })).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('may take smaller messages: batches keep within that, and a larger envelope is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-nats-'));
    const file = join(folder, 'nats.conf');
    writeFileSync(file, 'max_payload: 10000');
    const one = await open(await start('-c', file));
    rmSync(folder, { recursive: true });
    const heard = await listener(one.bus, 's');
    one.bus.publish(
      's',
      Array.from({ length: 100 }, (_, i) => numbered(i, 1_000)),
    );
    expect(() => one.bus.publish('s', [numbered(0, 10_000)])).toThrow('too large for NATS, which takes 10000');
    await settle([one]);
    expect(heard).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(one.metrics.read('parley_bus_messages_sent_total')).toBe(12);
    expect(one.said).toEqual(['warn: NATS takes less than the largest envelope: raise its max_payload']);
  });
});

describe('a NATS server that is none', () => {
  it('is refused with one sentence where nobody answers', async () => {
    await expect(openTestBus('nats://user:secret@127.0.0.1:1')).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'NATS cannot be reached at nats://127.0.0.1:1: connection refused.',
    });
  });

  it('is given up in time where somebody answers who speaks another language', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    await expect(openTestBus(`127.0.0.1:${port}`, { connectTimeoutMs: 100 })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    http.closeAllConnections();
    http.close();
  });
});
