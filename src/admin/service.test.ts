import { getEventListeners } from 'node:events';
import { Client, credentials, Metadata, type Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { silentLogger } from '../core/logger.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import type { AuditRecord } from './audited-call.js';
import { type AnyMethod, definitionOf } from './definition.js';
import { type Call, type Handlers, METHODS } from './methods.js';
import type { AdminRole } from './roles.js';
import { createAdminServer } from './service.js';

const definition = definitionOf(Object.entries(METHODS) as unknown as [string, AnyMethod][]);
const RECORD = { kind: 'event', json: JSON.stringify({ text: 'x'.repeat(50_000) }) };

let server: Server | undefined;
let client: Client | undefined;
afterEach(() => {
  client?.close();
  server?.forceShutdown();
});

/** A server whose export has no end, whose only operator shows the token `root`, and a client of it. */
async function serve() {
  const clock = new FakeClock();
  const roles = new Map<unknown, AdminRole>([['root', 'admin']]);
  const outcomes: string[] = [];
  const refused: object[] = [];
  let onCancelled: () => void = () => undefined;
  const cancelled = new Promise<void>((resolve) => {
    onCancelled = resolve;
  });
  const listeners: number[] = [];
  const handlers = {
    async *ExportUser(_: object, { signal }: Call) {
      for (;;) {
        listeners.push(getEventListeners(signal, 'abort').length);
        yield RECORD;
      }
    },
  } as unknown as Handlers;
  server = createAdminServer({
    handlers,
    identify: (metadata) => {
      const role = roles.get(metadata.get('authorization')[0]);
      if (role === undefined) throw new ParleyError('unauthenticated');
      return { name: 'root', role };
    },
    audit: async ({ outcome }: AuditRecord) => {
      outcomes.push(outcome);
      if (outcome === 'cancelled') onCancelled();
    },
    clock,
    logger: { ...silentLogger, warn: (fields) => refused.push(fields) },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server?.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  return { clock, roles, outcomes, refused, cancelled, client, listeners };
}

function exportAs(asking: Client, token: string) {
  const method = definition.ExportUser;
  if (method === undefined) throw new Error('there is such a method');
  const metadata = new Metadata();
  metadata.set('authorization', token);
  const { path, requestSerialize, responseDeserialize } = method;
  return asking.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { userId: 'alice' }, metadata);
}

describe('the operators’ service', () => {
  it('has written down an export when its first record comes, and that its reader went', async () => {
    const { outcomes, cancelled, client } = await serve();
    const stream = exportAs(client, 'root').on('error', () => undefined);
    await new Promise((resolve) => stream.once('data', resolve));
    expect(outcomes).toEqual(['begun']);
    stream.cancel();
    await cancelled;
    expect(outcomes).toEqual(['begun', 'cancelled']);
  });

  it('ends an export within 5 s of the end of the token that it was begun with, or of the role', async () => {
    for (const [role, error] of [[undefined, { code: 16 }] as const, ['operator', { code: 7 }] as const]) {
      const { clock, roles, outcomes, client } = await serve();
      const stream = exportAs(client, 'root');
      const failed = new Promise((resolve) => stream.once('error', resolve));
      await new Promise((resolve) => stream.once('data', resolve));
      await clock.advance(10_000);
      if (role === undefined) roles.clear();
      else roles.set('root', role);
      stream.resume();
      await clock.advance(5_000);
      expect(await failed).toMatchObject(error);
      expect(outcomes).toEqual(['begun', error.code === 16 ? 'unauthenticated' : 'forbidden']);
      client.close();
      server?.forceShutdown();
    }
  });

  it('keeps nothing of each time that a reader was slow', async () => {
    const { cancelled, client, listeners } = await serve();
    const stream = exportAs(client, 'root').on('error', () => undefined);
    let read = 0;
    await new Promise<void>((resolve) => stream.on('data', () => ++read === 100 && resolve()));
    stream.cancel();
    await cancelled;
    expect(Math.max(...listeners)).toBeLessThan(3);
  });

  it('writes down what is forbidden at a rate, and logs how many more there were', async () => {
    const { clock, roles, outcomes, refused, client } = await serve();
    roles.set('root', 'viewer');
    const forbidden = () => new Promise((resolve) => exportAs(client, 'root').once('error', resolve));
    for (let i = 0; i < 30; i++) await forbidden();
    expect(outcomes).toHaveLength(10);
    await clock.advance(1_000);
    await forbidden();
    expect([outcomes.length, refused]).toEqual([11, [{ leftOut: 20 }]]);
  });

  it('logs who shows a wrong token, and where it was shown', async () => {
    const { outcomes, refused, client } = await serve();
    const stream = exportAs(client, 'guessed');
    const error = await new Promise((resolve) => stream.once('error', resolve));
    expect(error).toMatchObject({ code: 16 });
    const from = expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string;
    expect(refused).toEqual([{ from, method: 'ExportUser', leftOut: 0 }]);
    expect(outcomes).toEqual([]);
  });
});
