import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CutProxy } from './cut-proxy.js';

/** A server that says what it hears, and the proxy before it. */
let echo: Server;
let proxy: CutProxy;
let heard = '';
const opened: Socket[] = [];

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A client's end of a connection through the proxy, and what came back. */
class Caller {
  readonly socket: Socket;
  said = '';
  end: 'open' | 'ended' | 'reset' = 'open';

  constructor() {
    this.socket = connect(proxy.port, '127.0.0.1');
    opened.push(this.socket);
    this.socket.on('data', (bytes) => {
      this.said += bytes;
    });
    this.socket.on('end', () => {
      this.end = 'ended';
    });
    this.socket.on('error', () => {
      this.end = 'reset';
    });
  }

  async until(holds: (caller: this) => boolean): Promise<void> {
    while (!holds(this)) await turns(1);
  }
}

beforeEach(async () => {
  heard = '';
  echo = createServer((socket) => {
    opened.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard += bytes;
      socket.write(bytes);
    });
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  proxy = await CutProxy.before(`127.0.0.1:${address.port}`);
});

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await proxy.close();
  echo.close();
});

async function greeted(): Promise<Caller> {
  const caller = new Caller();
  caller.socket.write('hello');
  await caller.until(({ said }) => said === 'hello');
  return caller;
}

describe('a proxy that is cut', () => {
  it('hands on what it hears, both ways, and the ends too', async () => {
    const caller = await greeted();
    caller.socket.end();
    await caller.until(({ end }) => end === 'ended');
    while (proxy.connections > 0) await turns(1);
  });

  it('carries more than the sockets hold, whole', async () => {
    const caller = await greeted();
    const bytes = 8 * 1024 * 1024;
    caller.socket.write('x'.repeat(bytes));
    await caller.until(({ said }) => said.length === bytes + 5);
  });

  it('lets nothing pass in the silence, closes nothing, and brings it later', async () => {
    const caller = await greeted();
    proxy.cut('silence');
    caller.socket.write(' again');
    await turns(200);
    expect([heard, caller.said, caller.end]).toEqual(['hello', 'hello', 'open']);
    proxy.heal();
    await caller.until(({ said }) => said === 'hello again');
    expect(caller.end).toBe('open');
  });

  it('tells nobody in the silence that the other end has gone', async () => {
    const caller = await greeted();
    proxy.cut('silence');
    for (const socket of opened) if (socket !== caller.socket) socket.destroy();
    await turns(200);
    expect([caller.end, proxy.connections]).toEqual(['open', 1]);
    proxy.heal();
    await caller.until(({ end }) => end !== 'open');
  });

  it('has whoever connects in the silence wait, and serves them after it', async () => {
    proxy.cut('silence');
    const caller = new Caller();
    caller.socket.write('early');
    await turns(200);
    expect([heard, caller.said, caller.end]).toEqual(['', '', 'open']);
    proxy.heal();
    await caller.until(({ said }) => said === 'early');
  });

  it('resets what there is and whoever comes, until it is healed', async () => {
    const caller = await greeted();
    proxy.cut('reset');
    await caller.until(({ end }) => end === 'reset');
    const late = new Caller();
    await late.until(({ end }) => end === 'reset');
    proxy.heal();
    await greeted();
  });

  it('resets a silent one, too', async () => {
    const caller = await greeted();
    proxy.cut('silence');
    proxy.cut('reset');
    await caller.until(({ end }) => end === 'reset');
  });
});
