import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { postJson } from './requests.js';

it('does not wait for ever for an answer', async () => {
  const server = createServer((socket) => onTestFinished(() => void socket.destroy())).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const api = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, withinMs: 20 };
  await expect(postJson(api, '127.0.0.1', '/', {})).rejects.toThrow('nothing came for 20 ms');
});
