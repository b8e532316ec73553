import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call, Handlers } from '../src/admin/methods.js';
import { createAdminServer } from '../src/admin/service.js';
import { ParleyError } from '../src/core/errors.js';
import { silentLogger } from '../src/core/logger.js';
import { FakeClock } from '../src/core/testing/fake-clock.js';
import { AdminClient, type Patience } from './client.js';
import { EXIT } from './exit-codes.js';

const PATIENT: Patience = { answerMs: 20_000, keepaliveMs: 20_000, keepaliveAnswerMs: 20_000 };
const CONNECTION = { token: undefined, ca: undefined, cert: undefined, key: undefined };

let server: Server;
let port: number;
/** Whether the server takes whoever asks for an operator. */
let identified: boolean;
const clients: AdminClient[] = [];
const listeners: NetServer[] = [];

/** Says that it watches, and no more until the reader goes. */
async function* watchEvents(_: object, { signal }: Call): AsyncGenerator<{ type: string }> {
  yield { type: 'watching' };
  if (!signal.aborted) await once(signal, 'abort');
}

function clientOf(at: number, patience: Partial<Patience> = {}): AdminClient {
  const client = new AdminClient({ address: `127.0.0.1:${at}`, ...CONNECTION }, { ...PATIENT, ...patience });
  clients.push(client);
  return client;
}

async function listening(onSocket: (socket: Socket) => void): Promise<number> {
  const listener = createServer(onSocket);
  listeners.push(listener);
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  return (listener.address() as AddressInfo).port;
}

const watch = (client: AdminClient, ended?: AbortSignal) => client.stream('WatchEvents', { types: [] }, ended);

beforeEach(async () => {
  identified = true;
  server = createAdminServer({
    handlers: { WatchEvents: watchEvents } as unknown as Handlers,
    identify: () => {
      if (!identified) throw new ParleyError('unauthenticated');
      return { name: 'olga', role: 'operator' };
    },
    audit: async () => undefined,
    clock: new FakeClock(),
    logger: silentLogger,
  });
  port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const client of clients.splice(0)) client.close();
  for (const listener of listeners.splice(0)) listener.close();
  server.forceShutdown();
});

describe('a stream of the admin API', () => {
  it('fails as unreachable where whoever listens says nothing in time', async () => {
    const mute = await listening((socket) => socket.on('error', () => socket.destroy()));
    const failure = { exitCode: EXIT.unreachable, message: expect.stringContaining('it said nothing') as string };
    await expect(watch(clientOf(mute, { answerMs: 50 })).next()).rejects.toMatchObject(failure);
    await expect(watch(clientOf(mute), AbortSignal.timeout(50)).next()).rejects.toMatchObject(failure);
  });

  it('fails as unreachable when a server that was there answers no more', async () => {
    const sockets: Socket[] = [];
    const between = await listening((near) => {
      const far = connect(port, '127.0.0.1');
      sockets.push(near, far);
      for (const socket of [near, far]) socket.on('error', () => socket.destroy());
      near.pipe(far);
      far.pipe(near);
    });
    const events = watch(clientOf(between, { keepaliveMs: 50, keepaliveAnswerMs: 500 }));
    expect((await events.next()).value).toMatchObject({ type: 'watching' });
    for (const socket of sockets) socket.unpipe().pause();
    await expect(events.next()).rejects.toMatchObject({ exitCode: EXIT.unreachable });
    for (const socket of sockets) socket.destroy();
  });

  it('fails as unreachable when the server stops', async () => {
    const events = watch(clientOf(port));
    await events.next();
    server.forceShutdown();
    const message = `Nobody answers at 127.0.0.1:${port}: it ended the call, as one that stops does`;
    await expect(events.next()).rejects.toMatchObject({ exitCode: EXIT.unreachable, message });
  });

  it('ends by itself when its reader has seen enough', async () => {
    const enough = new AbortController();
    const events = watch(clientOf(port), enough.signal);
    await events.next();
    enough.abort();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a connection to the admin API', () => {
  it('that nobody takes is told in a sentence that says how to name another', async () => {
    const exitCode = EXIT.unreachable;
    const other = 'Another is named by --address, or by --data, its folder.';
    const gone = await listening((socket) => socket.destroy());
    listeners.pop()?.close();
    const refused = `Nobody answers at 127.0.0.1:${gone}: no server listens there. ${other}`;
    await expect(clientOf(gone).ask('GetStatus', {})).rejects.toMatchObject({ exitCode, message: refused });
    const hangsUp = await listening((socket) => socket.on('error', () => undefined).end('no gRPC'));
    const why =
      /^Nobody answers at [\d.:]+: (Protocol error|Failed to connect)[^.]*\.\d+Z\)\. Another is named by --address, [^.]+\.$/;
    const message = expect.stringMatching(why) as string;
    await expect(clientOf(hangsUp).ask('GetStatus', {})).rejects.toMatchObject({ exitCode, message });
  });

  it('without a token says where one would be found, where the server wants one', async () => {
    identified = false;
    const failure = { exitCode: EXIT.forbidden };
    const found = {
      ...failure,
      message: expect.stringMatching(/\(unauthenticated, \d+\) None was found: --data /) as string,
    };
    await expect(clientOf(port).ask('GetStatus', {})).rejects.toMatchObject(found);
    const wrong = new AdminClient({ address: `127.0.0.1:${port}`, ...CONNECTION, token: 'wrong' }, PATIENT);
    clients.push(wrong);
    const kept = { ...failure, message: expect.not.stringContaining('None was found') as string };
    await expect(wrong.ask('GetStatus', {})).rejects.toMatchObject(kept);
  });

  it('goes to the server itself, whatever proxy the environment names: a token in clear is for nobody between', async () => {
    const proxied: Socket[] = [];
    const proxy = await listening((socket) => proxied.push(socket.on('error', () => socket.destroy())));
    for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy']) vi.stubEnv(name, `http://127.0.0.1:${proxy}`);
    const events = watch(clientOf(port, { answerMs: 5_000 }));
    const first = await events.next().catch(() => undefined);
    for (const socket of proxied) socket.destroy();
    expect([first?.value, proxied.length]).toMatchObject([{ type: 'watching' }, 0]);
  });
});
