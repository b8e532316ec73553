import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../../src/core/testing/fake-clock.js';
import type { ConnectionHandlers } from './connection.js';
import { LoadWebSocket } from './websocket.js';
import { openWebSocket } from './websocket-connection.js';

/** A binary message of one byte. */
const FRAME = Buffer.from([0x82, 1, 0]);

/** A port where connections are accepted; with `upgrades`, every frame after the upgrade is answered `answers` times altogether. */
async function listening({ upgrades = false, answers = 0 }) {
  let left = answers;
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    socket.once('data', () => {
      if (!upgrades) return;
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      socket.on('data', () => left-- > 0 && socket.write(FRAME));
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, path: '/', fromAddress: undefined };
}

it('gives up where nobody answers the upgrade', async () => {
  const place = await listening({});
  const target = { ...place, subprotocol: undefined, upgradeWithinMs: 20 };
  await expect(LoadWebSocket.open(target, { onMessage: () => {}, onClose: () => {} })).rejects.toThrow('no upgrade');
});

it('closes a connection that brings nothing after a heartbeat', async () => {
  const clock = new FakeClock();
  const heard: string[] = [];
  const handlers: ConnectionHandlers = {
    onFrame: () => heard.push('frame'),
    onClose: (code) => heard.push(`closed ${code}`),
  };
  const connection = await openWebSocket(await listening({ upgrades: true, answers: 1 }), handlers, clock);
  connection.send({ heartbeat: {} });
  await expect.poll(() => heard).toEqual(['frame']);
  await clock.advance(25_000);
  expect(heard).toEqual(['frame']);
  connection.send({ heartbeat: {} });
  await clock.advance(10_000);
  await expect.poll(() => heard).toEqual(['frame', 'closed 1006']);
});
