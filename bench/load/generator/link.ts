/**
 * How a generator hears its orders: from the process that forked it, or, with `--coordinator host:port`, over a socket
 * to a bench on another machine, a JSON text a line each way.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Numbered, Order, Report } from './orders.js';
import { pause } from './pace.js';

export interface Link {
  report(report: Report): void;
}

/** How long a bench is waited for, milliseconds, and how often it is looked for. */
const PATIENCE_MS = 600_000;
const AGAIN_MS = 500;

/** Both sides write an empty line so often, and take a peer for dead of which nothing came for so long. */
const ALIVE_EVERY_MS = 2_000;
const SILENT_MS = 60_000;

/** Until the socket ends; `onDead` may be called once it has. */
export function watchPeer(socket: Socket, onDead: () => void, everyMs = ALIVE_EVERY_MS, silentMs = SILENT_MS): void {
  let heardAt = performance.now();
  socket.on('data', () => {
    heardAt = performance.now();
  });
  const timer = setInterval(() => {
    socket.write('\n');
    // A process that was busy for long reads first what came meanwhile.
    setImmediate(() => {
      if (performance.now() - heardAt > silentMs) onDead();
    });
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
}

type Obey = (id: number, order: Order) => void;

/** The process ends with the bench that drives it. */
export async function openLink(obey: Obey): Promise<Link> {
  const { values } = parseArgs({ options: { coordinator: { type: 'string' } } });
  if (values.coordinator !== undefined) return openSocket(values.coordinator, obey);
  if (process.send === undefined) throw new Error('a load generator is started by the bench, or with --coordinator');
  process.on('message', ({ id, order }: Numbered) => obey(id, order));
  process.on('disconnect', () => process.exit(0));
  return { report: (report) => void process.send?.(report) };
}

async function openSocket(coordinator: string, obey: Obey): Promise<Link> {
  const [, host = '', port = ''] = /^\[?(.+?)\]?:(\d+)$/.exec(coordinator) ?? [];
  if (host === '') throw new Error('--coordinator wants an address such as 10.0.0.1:18800');
  const socket = await connected(host, Number(port));
  socket.on('error', () => {});
  socket.on('close', () => process.exit(0));
  watchPeer(socket, () => socket.destroy());
  createInterface(socket).on('line', (line) => {
    if (line === '') return;
    const { id, order } = JSON.parse(line) as Numbered;
    obey(id, order);
  });
  return { report: (report) => void socket.write(`${JSON.stringify(report)}\n`) };
}

/** Again and again while there is no bench yet. */
async function connected(host: string, port: number): Promise<Socket> {
  for (const end = performance.now() + PATIENCE_MS; ; await pause(AGAIN_MS)) {
    const socket = connect({ host, port, noDelay: true });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (cause) {
      if (performance.now() > end) throw new Error(`no bench listens at ${host}:${port}`, { cause });
    }
  }
}
