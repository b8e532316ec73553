/**
 * How a generator hears its orders: from the process that forked it, or, with `--coordinator host:port`, over a socket
 * to a bench on another machine, a JSON text a line each way.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Numbered, Order, Report } from './orders.js';

export interface Link {
  report(report: Report): void;
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

function openSocket(coordinator: string, obey: Obey): Promise<Link> {
  const [, host = '', port = ''] = /^\[?(.+?)\]?:(\d+)$/.exec(coordinator) ?? [];
  if (host === '') throw new Error('--coordinator wants an address such as 10.0.0.1:18800');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      socket.on('close', () => process.exit(0));
      resolve({ report: (report) => void socket.write(`${JSON.stringify(report)}\n`) });
    });
    createInterface(socket).on('line', (line) => {
      const { id, order } = JSON.parse(line) as Numbered;
      obey(id, order);
    });
  });
}
