import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { watchPeer } from '../load/generator/link.js';
import type { Report } from '../load/generator/orders.js';
import { Generator } from './generator.js';

/** Waits until so many generators of other machines have connected to `host:port`. */
export function awaitGenerators(
  address: string,
  count: number,
): Promise<{ readonly all: readonly Generator[]; stop(): void }> {
  const [, host = '127.0.0.1', port = '0'] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? [];
  const all: Generator[] = [];
  const sockets: Socket[] = [];
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      if (all.length === count) {
        socket.destroy();
        return;
      }
      sockets.push(socket);
      all.push(generatorAt(socket));
      if (all.length < count) return;
      resolve({
        all,
        stop() {
          for (const one of sockets) one.destroy();
          server.close();
        },
      });
    });
    server.once('error', reject);
    server.listen(Number(port), host);
  });
}

function generatorAt(socket: Socket): Generator {
  const generator = new Generator((numbered) => void socket.write(`${JSON.stringify(numbered)}\n`));
  socket.setNoDelay(true);
  watchPeer(socket, () => socket.destroy());
  createInterface(socket).on('line', (line) => {
    if (line !== '') generator.heard(JSON.parse(line) as Report);
  });
  socket.on('error', () => {});
  socket.on('close', () => generator.lost(`the load generator at ${socket.remoteAddress} is gone`));
  return generator;
}
